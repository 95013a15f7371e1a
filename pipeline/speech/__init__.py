"""From a recording to words with speakers and times."""
