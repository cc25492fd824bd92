-- Records to be fetched, newest first: of which two contents of one version were seen (only Zoho knows which is right), and where
-- $3 those that were seen only in a list. $1 organisation, $2 how many, $3 the latter, too, $4 entities that there are, $5 those of
-- them that Zoho details many at once, $6 how many of these, $7 ids "a,b,c" that are out already, of whichever entity. Answers entity,
-- id (or ids "a,b,c"), whether it is urgent.
WITH wanted AS (
	SELECT entity_type, source_entity_id, coalesce(detail_modified = last_modified, false) AS contradicted, coalesce(last_modified, observed_at) AS last_modified FROM tds_entity_state
	WHERE organization_id = $1 AND detail_wanted AND deleted_at IS NULL AND entity_type::text = ANY ($4::text[])
		AND ($3::boolean OR detail_modified = last_modified)
		AND source_entity_id NOT IN (SELECT unnest(string_to_array($7, ',')))
), one_by_one AS (
	SELECT entity_type, source_entity_id, contradicted FROM wanted WHERE entity_type::text <> ALL ($5::text[])
	ORDER BY contradicted DESC, last_modified DESC LIMIT $2::int
), together AS (
	SELECT entity_type, source_entity_id, contradicted FROM wanted WHERE entity_type::text = ANY ($5::text[])
	ORDER BY contradicted DESC, last_modified DESC LIMIT $6::int
)
SELECT entity_type::text, string_agg(source_entity_id, ','), bool_or(contradicted) FROM together GROUP BY entity_type
UNION ALL
SELECT entity_type::text, source_entity_id, contradicted FROM one_by_one
