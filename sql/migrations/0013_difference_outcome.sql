-- What became of a difference that a scan found. Of a record that stood on no page Zoho is asked: by the run itself, or by an earlier one
-- whose question still waits or was given up. Finished questions are trimmed some day; then the record's state tells.
CREATE FUNCTION tds_difference_outcome(d tds_differences) RETURNS text LANGUAGE sql STABLE AS $fn$
	SELECT CASE WHEN d.action <> 'proving' THEN d.action ELSE coalesce(
		(SELECT CASE
			WHEN q.status = 'dead_letter' THEN 'dead_letter'
			WHEN q.status <> 'completed' THEN 'proving'
			WHEN (q.processing_result ->> 'fetched')::boolean THEN 'there_after_all'
			WHEN q.processing_result ->> 'outcome' = 'applied' THEN 'deleted'
			ELSE q.processing_result ->> 'outcome' END
		FROM tds_sync_queue q WHERE q.sync_run_id = d.run_id AND q.source_entity_id = d.source_entity_id ORDER BY q.seq DESC LIMIT 1),
		(SELECT CASE WHEN q.status = 'dead_letter' THEN 'dead_letter' ELSE 'proving' END
		FROM tds_sync_queue q WHERE q.organization_id = d.organization_id AND q.entity_type = d.entity_type AND q.source_entity_id = d.source_entity_id
			AND q.operation_type = 'delete' AND q.status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter') ORDER BY q.seq DESC LIMIT 1),
		(SELECT CASE WHEN s.deleted_at IS NOT NULL THEN 'deleted' ELSE 'there_after_all' END FROM tds_entity_state s
		WHERE s.organization_id = d.organization_id AND s.entity_type = d.entity_type AND s.source_entity_id = d.source_entity_id),
		'proving') END
$fn$;

-- What a run asked for by itself is found by its record.
DROP INDEX tds_sync_queue_run;
CREATE INDEX tds_sync_queue_run ON tds_sync_queue (sync_run_id, source_entity_id, seq) WHERE sync_run_id IS NOT NULL;
