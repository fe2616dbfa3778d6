"""All SQL of the service. Every read for a person is scoped to what that person may know to exist."""
