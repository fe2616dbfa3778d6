-- After the topics were lost, or a database was set back: send again what was sent in the time that topics keep, all of what some keep
-- for good, and read from the beginning of what is there. Consumers skip what they applied before. Run it in each of the three
-- databases while the workers are stopped (docs/operations.md).
update outbox set sent_at = null
where sent_at > now() - interval '28 days' or (sent_at is not null and topic in (
    'puente.programmes.v1', 'puente.applicants.v1', 'puente.limits.v1', 'puente.journal.v1'
));
truncate consumer_offset;
