-- Webhooks of one group: inbox, queue and, where jsonb can't hold the body, a dead letter, all or nothing.
-- In key order, so that two connections never wait for each other in a circle. Says which went in; the others were known.
WITH arrived AS (
	SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
		$9::bytea[], $10::text[], $11::text[], $12::text[], $13::bool[], $14::text[], $15::text[], $16::timestamptz[],
		$17::timestamptz[], $18::bool[], $19::bool[], $20::int[])
	WITH ORDINALITY AS a(event, key, organization, entity, record_id, operation, event_type, payload, bytes, unstorable, hash,
		headers, verified, peer, correlation, received, modified, is_full, is_thin, repeats, n)
), inbox AS (
	INSERT INTO tds_inbox_events (id, organization_id, entity_type, source_entity_id, event_type, raw_payload, raw_body,
		idempotency_key, content_hash, webhook_headers, signature_verified, ip_address, correlation_id, received_at, is_valid,
		validation_errors, moved_to_queue, duplicate_count, last_duplicate_at)
	SELECT event, organization, entity::tds_entity_type, record_id, event_type, payload::jsonb, bytes,
		key, hash, headers::jsonb, verified, peer, correlation, received, unstorable IS NULL,
		CASE WHEN unstorable IS NOT NULL THEN jsonb_build_array(unstorable) END, true, repeats,
		CASE WHEN repeats > 0 THEN received END
	FROM arrived ORDER BY key
	ON CONFLICT (idempotency_key) DO NOTHING
	RETURNING id
), queue AS (
	INSERT INTO tds_sync_queue (id, inbox_event_id, organization_id, entity_type, source_entity_id, operation_type, last_modified,
		observed_at, is_full, is_thin, correlation_id, created_at, status, completed_at, error_message, error_code)
	SELECT event, event, organization, entity::tds_entity_type, record_id, operation::tds_operation_type, modified,
		received, is_full, is_thin, correlation, received,
		(CASE WHEN unstorable IS NULL THEN 'pending' ELSE 'dead_letter' END)::tds_event_status,
		CASE WHEN unstorable IS NOT NULL THEN received END, unstorable, CASE WHEN unstorable IS NOT NULL THEN 'UNSTORABLE' END
	FROM arrived JOIN inbox ON inbox.id = arrived.event ORDER BY n
	RETURNING id, inbox_event_id, seq
), letters AS (
	INSERT INTO tds_dead_letter_queue (sync_queue_id, inbox_event_id, organization_id, entity_type, source_entity_id,
		operation_type, failure_reason, error_code, last_error_message, error_field, raw_body, last_modified, observed_at, correlation_id)
	SELECT queue.id, event, organization, entity::tds_entity_type, record_id, operation::tds_operation_type,
		'the payload cannot be stored as JSON: ' || unstorable, 'UNSTORABLE', unstorable, substring(unstorable FROM '^field ([^:]+): '), bytes, modified, received, correlation
	FROM queue JOIN arrived ON arrived.event = queue.inbox_event_id WHERE unstorable IS NOT NULL
)
SELECT (n - 1)::int AS n, seq FROM queue JOIN arrived ON arrived.event = queue.inbox_event_id
