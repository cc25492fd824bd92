/* What the supervisor hands to a child across execveat: fixed descriptors, and this struct in the first of them. */
#pragma once
#include <stdint.h>
#include "actors/kinds.h"
#include "actors/privileges.h"
#include "ipc/ring.h"
#include "ipc/slot.h"

enum { FD_BOOT = 3, FD_CONFIG = 4, FD_SLOTS = 5, FD_BELL = 6, FD_FIRST_FREE = 7 };
enum { BOOT_EDGES_MAX = 160, BOOT_LISTENERS_MAX = 16, BOOT_SKIPS_MAX = 16, BOOT_MAGIC = 0x54445342 };

struct boot_edge {
	uint8_t role;	   /* enum ring_role of this actor */
	uint8_t peer_kind; /* enum actor_kind */
	uint16_t peer_slot;
	int32_t ring_fd;
	int32_t bell_fd; /* the peer's doorbell; -1 where the peer never sleeps on it (supervisor) */
};
struct boot_listener {
	int32_t fd;
	uint32_t trusted; /* the unix socket: its file mode is the authentication */
	char name[64];	  /* "127.0.0.1:8000" */
};
struct boot_skip { /* poison: this record killed its actor again and again; dead-letter it before anything else */
	char entity[SLOT_ENTITY_BYTES], id[SLOT_ID_BYTES];
	char obituary[SLOT_WORDS_BYTES];
};
struct boot {
	uint32_t magic, version; /* message_version() */
	uint32_t kind;		 /* enum actor_kind */
	uint32_t slot;		 /* index in the slot table */
	uint32_t slots;		 /* how many there are */
	uint32_t instance;	 /* of its kind: 0, 1, … */
	uint32_t entity;	 /* handler: enum entity_id */
	uint32_t shard, shards;	 /* handler: which of how many for this entity */
	uint32_t worker;	 /* handler: "worker-N" */
	uint32_t single_step;	 /* a batch was in hand at a death: work record by record until it is through */
	int32_t parent;		 /* supervisor's pid */
	struct identity as;	 /* whom to become once started */
	uint32_t edges_n, listeners_n, skips_n;
	struct boot_edge edges[BOOT_EDGES_MAX];
	struct boot_listener listeners[BOOT_LISTENERS_MAX];
	struct boot_skip skips[BOOT_SKIPS_MAX];
	char database_url[1024]; /* resolved: the configured one, or the private PostgreSQL's; "" for actors without */
	char name[32];		 /* "http-ingest#0", "handler:product#0" as in the slot */
	char data_dir[256];
};
