"""Program folders as people keep them: a template, lists of people and teams, busy calendars."""
