"""TLS, SSH and signing material."""
