"""The message store: what arrives is kept until everything that follows from it is done."""
