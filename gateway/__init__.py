"""Legacy Gateway: one REST/JSON API in front of legacy systems."""
