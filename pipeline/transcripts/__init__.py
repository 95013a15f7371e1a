"""From a transcript in any format to utterances with roles, redacted where asked."""
