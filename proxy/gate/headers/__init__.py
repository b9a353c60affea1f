"""Response headers, each by what it makes a browser do."""
