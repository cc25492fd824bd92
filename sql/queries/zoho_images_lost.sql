-- Files that aren't there any more: their images are fetched again. $1 organisation, $2 ids text[].
UPDATE tds_images SET stored_document_id = NULL, error = NULL, retry_at = NULL
WHERE organization_id = $1 AND source_entity_id = ANY ($2::text[]) AND file IS NOT NULL
