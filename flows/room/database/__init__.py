"""What people write in the room: tables, migrations and the connection to them."""
