"""Who comes in and what each may see: invitations, passphrases, signed-in browsers, roles, the audit log."""
