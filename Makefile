# Builds everything into $(BUILD). `make help` lists the targets.
# CC, CFLAGS, DESTDIR and PREFIX are honoured; SANITIZE=address,undefined builds instrumented.

VERSION   := 0.1.0
BUILD     ?= build
PREFIX    ?= /usr/local
SANITIZE  ?=
OPT       ?= -O2

PKGS      := libpq libcurl liburing libconfig json-c libcrypto libseccomp msgpack
SIM_PKGS  := libmicrohttpd libcurl json-c
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs libpq libcurl liburing libconfig json-c libcrypto libseccomp) -lmsgpackc -lm
LLHTTP    ?= /usr/share/llhttp
LLHTTP_INC ?= /usr/share/include/llhttp

WARNINGS  := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Werror
HARDENING := -fstack-protector-strong -fPIE -D_GNU_SOURCE
LDHARDEN  := -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifeq ($(SANITIZE),)
HARDENING += -D_FORTIFY_SOURCE=2
else
SANFLAGS  := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
OPT       := -O1
endif
override CFLAGS += -std=gnu17 -g $(OPT) $(WARNINGS) $(HARDENING) $(SANFLAGS) -MMD -MP \
                   -I. -I$(BUILD)/gen -I$(LLHTTP_INC) -DTDS_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
override LDFLAGS += $(LDHARDEN) $(SANFLAGS)

# What each program is made of: the folders, not a list of files.
LIB_SRC   := $(wildcard ipc/*.c sql/*.c config/*.c actors/handler/entities/*.c) actors/kinds.c
TDS_SRC   := $(filter-out $(LIB_SRC),$(wildcard supervisor/*.c actors/*.c actors/*/*.c actors/*/*/*.c))
CTL_SRC   := $(wildcard tools/tdsctl/*.c)
SIM_SRC   := $(wildcard tools/zoho-sim/*.c)
BENCH_SRC := $(wildcard tools/bench/*.c)
UNIT_SRC  := $(wildcard tests/unit/*.c)
SQL_FILES := $(wildcard sql/queries/*.sql) $(wildcard sql/migrations/*.sql)
SQL_DIRS  := sql/queries sql/migrations  # a file removed from them counts as well

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LLHTTP_OBJ := $(BUILD)/obj/llhttp/llhttp.o $(BUILD)/obj/llhttp/api.o $(BUILD)/obj/llhttp/http.o
LIB_OBJ   := $(call obj,$(LIB_SRC)) $(BUILD)/obj/gen/sql_embedded.o
BENCHES   := $(patsubst tools/bench/%.c,$(BUILD)/bench/%,$(BENCH_SRC))

.PHONY: all
all: $(BUILD)/tds $(BUILD)/tdsctl $(BUILD)/zoho-sim

$(BUILD)/tds: $(call obj,$(TDS_SRC)) $(LIB_OBJ) $(LLHTTP_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
$(BUILD)/tdsctl: $(call obj,$(CTL_SRC)) $(LIB_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
$(BUILD)/zoho-sim: $(call obj,$(SIM_SRC))
	$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(SIM_PKGS)) -lpthread -lm
$(BUILD)/bench/%: $(BUILD)/obj/tools/bench/%.o $(LIB_OBJ)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lpthread
$(BUILD)/crash/%: $(BUILD)/obj/tests/crash/%.o $(LIB_OBJ)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lpthread
# Unit tests see everything but main().
$(BUILD)/unit: $(call obj,$(UNIT_SRC)) $(filter-out $(BUILD)/obj/supervisor/main.o,$(call obj,$(TDS_SRC))) $(LIB_OBJ) $(LLHTTP_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(shell pkg-config --libs criterion) -lpthread
# Without Criterion, next to which ThreadSanitizer finds no place.
$(BUILD)/ring_threads: tests/unit/test_ring_threads.c $(LIB_OBJ)
	$(CC) $(CFLAGS) -DWITHOUT_CRITERION $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lpthread

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/llhttp/%.o: $(LLHTTP)/%.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g $(OPT) $(SANFLAGS) -fPIE -DLLHTTP_STRICT_MODE=1 -I$(LLHTTP_INC) -I$(LLHTTP) -w -c -o $@ $<

# sql/queries/NAME.sql becomes SQL_NAME, sql/migrations/* a table in order.
$(BUILD)/gen/sql_embedded.c: $(SQL_FILES) $(SQL_DIRS) tools/embed-sql
	@mkdir -p $(@D)
	tools/embed-sql c $(SQL_FILES) > $@
$(BUILD)/gen/sql_embedded.h: $(SQL_FILES) $(SQL_DIRS) tools/embed-sql
	@mkdir -p $(@D)
	tools/embed-sql h $(SQL_FILES) > $@
$(call obj,$(LIB_SRC) $(TDS_SRC) $(CTL_SRC) $(BENCH_SRC) $(UNIT_SRC)) $(BUILD)/obj/gen/sql_embedded.o: | $(BUILD)/gen/sql_embedded.h

-include $(shell test -d $(BUILD) && find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: run deps test rules unit bench crash asan tsan tidy format format-check install clean help
run: all            ## build, start the simulator and TDS, show a complete sync
	tools/run-demo
deps:               ## install missing Debian packages by name
	tools/deps
unit: $(BUILD)/unit
	$(BUILD)/unit
test: all           ## every test; ends with "N passed, N failed"
	tools/run-tests
rules:              ## breaks each rule on purpose and looks whether its test notices
	tools/break-rules
bench:              ## figures as ratios to the limit or to a peer
	tools/run-bench
benches: all $(BENCHES)
crash: all          ## the long kill campaign
	tools/run-crash
asan:               ## everything under AddressSanitizer and UBSan, in build/asan
	$(MAKE) BUILD=build/asan SANITIZE=address,undefined all
tsan:               ## everything under ThreadSanitizer, in build/tsan
	$(MAKE) BUILD=build/tsan SANITIZE=thread all build/tsan/ring_threads
tidy:               ## clang-tidy and cppcheck
	tools/tidy
format:             ## clang-format everything in place
	git ls-files '*.c' '*.h' | xargs clang-format -i
format-check:
	git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror
install: all        ## into $(DESTDIR)$(PREFIX)
	install -Dm755 $(BUILD)/tds $(DESTDIR)$(PREFIX)/bin/tds
	install -Dm755 $(BUILD)/tdsctl $(DESTDIR)$(PREFIX)/bin/tdsctl
	install -Dm644 config/tds.conf.example $(DESTDIR)$(PREFIX)/share/doc/tds/tds.conf.example
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/local/,$(PREFIX)/,' config/tds.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/tds.service
clean:              ## remove $(BUILD)
	rm -rf $(BUILD)
help:               ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 16
.DELETE_ON_ERROR:
