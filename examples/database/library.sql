CREATE TABLE authors (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    born DATE
);
CREATE TABLE books (
    isbn CHAR(13) NOT NULL PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    author_id INTEGER NOT NULL REFERENCES authors (id),
    price DECIMAL(8,2) NOT NULL
);
CREATE TABLE loans (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    isbn CHAR(13) NOT NULL REFERENCES books (isbn),
    reader VARCHAR(80) NOT NULL,
    lent_on DATE NOT NULL
);
CREATE VIEW shelf AS SELECT books.isbn, title, name AS author FROM books JOIN authors ON authors.id = author_id;

INSERT INTO authors VALUES (1, 'Ada Lovelace', '1815-12-10'), (2, 'Christiaan Huygens', '1629-04-14'), (3, 'Anonymous', NULL);
INSERT INTO books VALUES
    ('9780000000011', 'Notes on the Analytical Engine', 1, 12.50),
    ('9780000000028', 'Horologium Oscillatorium', 2, 48.00),
    ('9780000000035', 'Treatise on Light', 2, 31.95),
    ('9780000000042', 'One Thousand and One Nights', 3, 19.90);
INSERT INTO loans (isbn, reader, lent_on) VALUES ('9780000000028', 'Spinoza', '2026-10-02');
