"""The `gateway` command. `main` declares the commands; each is carried out by a module of its own."""

__all__: list[str] = []
