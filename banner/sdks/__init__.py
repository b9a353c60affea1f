"""What the SDKs of PostHog, Mixpanel and Amplitude say, and what they have to be answered."""
