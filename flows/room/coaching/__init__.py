"""What people say of calls: disputes, their own view after the call, comments, playlists, goals."""
