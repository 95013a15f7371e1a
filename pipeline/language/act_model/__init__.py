"""The model of acts: networks over conversations, and what words alone say."""
