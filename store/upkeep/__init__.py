"""What an owner does to a store now and then: new keys, retention, another engine."""
