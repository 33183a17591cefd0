"""What is written down: people, plans, invites, answers, mails and the projection that pages read."""
