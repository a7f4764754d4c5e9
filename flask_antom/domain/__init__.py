"""Rules of money, orders and payments. Pure: no Flask, no database, no network."""
