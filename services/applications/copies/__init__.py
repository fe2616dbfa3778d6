"""The application as it was sent, as a PDF: made by an event after it was sent, so that nothing slow stands before sending."""
