"""What is known about trackers, cookies and countries. The ground floor: it imports nothing of ours."""
