-- Images of products: which one Zoho has, as its lists say, beside the one that lies in data_dir/images/products. What is to be
-- fetched is what differs; there is no other queue.
CREATE TABLE tds_images (
	organization_id text NOT NULL,
	source_entity_id text NOT NULL, -- Zoho's item
	document_id text, -- its image_document_id as last seen; null: it has no image any more
	seen_at timestamptz NOT NULL DEFAULT now(), -- since when it is that one
	stored_document_id text, -- the one that the file is of
	file text, -- its name in data_dir/images/products
	type text, -- image/jpeg, image/png, image/gif, image/webp
	bytes bigint,
	sha256 text,
	fetched_at timestamptz,
	error text, -- why document_id could not be had
	attempts int NOT NULL DEFAULT 0, -- at document_id
	retry_at timestamptz, -- not before
	state text NOT NULL GENERATED ALWAYS AS (CASE
		WHEN document_id IS NOT DISTINCT FROM stored_document_id THEN CASE WHEN document_id IS NULL THEN 'none' ELSE 'stored' END
		WHEN error IS NOT NULL THEN 'refused' ELSE 'wanted' END) STORED,
	PRIMARY KEY (organization_id, source_entity_id)
);
CREATE INDEX tds_images_wanted ON tds_images (organization_id, seen_at DESC) WHERE document_id IS DISTINCT FROM stored_document_id;
