CREATE TABLE articles (article TEXT PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO articles VALUES ('AX-12', 'Axle'), ('BOLT-M8', 'Bolt M8');

CREATE TABLE receipts (
  receipt  TEXT PRIMARY KEY,
  article  TEXT NOT NULL REFERENCES articles,
  quantity INTEGER NOT NULL,
  arrived  DATE NOT NULL
);

CREATE TABLE orders (
  id       INTEGER PRIMARY KEY,
  article  TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  state    TEXT NOT NULL DEFAULT 'new'
);
CREATE TABLE picking (order_id INTEGER PRIMARY KEY, what TEXT NOT NULL, urgent BOOLEAN NOT NULL);
