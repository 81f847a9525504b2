"""Where figures come from: a database to ask, and a made-up ledger in its place."""
