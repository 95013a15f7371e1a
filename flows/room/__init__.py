"""The room: people score, check and coach in the browser."""
