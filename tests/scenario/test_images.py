#!/usr/bin/python3
"""Images of products: each file is what Zoho has, fetched when it changed and only then, whatever comes in its place and whoever
is killed; served by name and by nothing else."""
import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from tds import BUILD, check, differs, run, unless, wait_for, world

URL = "/static/images/products/"
IMAGE_CALLS = "/inventory/v1/items/{id}/image"
SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def truth(sim):
    return {i["id"]: i for i in sim.control("GET", "images")["images"]}


def calls(sim):
    return sim.calls()["by_path"].get(IMAGE_CALLS, 0)


def folder(tds):
    return os.path.join(tds.data, "images", "products")


def files(tds):
    found = {}
    for name in os.listdir(folder(tds)):
        if name.startswith("."):
            continue  # being written
        with open(os.path.join(folder(tds), name), "rb") as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def wrong(sim, tds, without=(), scope=None):
    """What of files, rows and image_url isn't as Zoho has it; `without`: items whose image can't be had."""
    want = {n: i for n, i in truth(sim).items() if n not in without and (scope is None or n in scope)}
    have = files(tds)
    problems = [f"{n}: file {have.get(n + '.' + SUFFIX[i['type']])} instead of {i['sha256']}" for n, i in want.items()
                if have.get(n + "." + SUFFIX[i["type"]]) != i["sha256"]]
    names = {n + "." + SUFFIX[i["type"]] for n, i in want.items()}
    problems += [f"{name}: should not be there" for name in have if name not in names]
    urls = dict(tds.rows("SELECT zoho_item_id, image_url FROM products WHERE image_url IS NOT NULL"))
    wanted_urls = {n: URL + n + "." + SUFFIX[i["type"]] for n, i in want.items()}
    problems += [f"{n}: image_url {urls.get(n)} instead of {wanted_urls.get(n)}" for n in urls.keys() | wanted_urls.keys()
                 if urls.get(n) != wanted_urls.get(n)]
    rows = {n: (d, s, b) for n, d, s, b in tds.rows("SELECT source_entity_id, stored_document_id, sha256, bytes FROM tds_images WHERE state = 'stored'")}
    problems += [f"{n}: row {rows.get(n)}" for n, i in want.items() if rows.get(n) != (i["document_id"], i["sha256"], i["bytes"])]
    return "; ".join(problems[:8])


def wanted(tds):
    return tds.value("SELECT count(*) FROM tds_images WHERE state = 'wanted'")


def settled(tds, seconds=30):
    wait_for(lambda: wanted(tds) == 0 and tds.waiting() == 0, seconds)
    return unless(wanted(tds) == 0, tds.rows("SELECT state, count(*) FROM tds_images GROUP BY 1"))


def stats(reply):
    return reply.json.get("stats", {}) if reply.status == 200 else {}


def several_kinds(sim, numbers):
    for n, kind in zip(numbers, ("jpg", "gif", "webp")):
        sim.change("product", n, {"image_type": kind})


def a_run():
    """By a person's request: what there is, unchanged, changed, removed; dry runs; options; beside products."""
    sim, tds = world(sim={"latency_ms": 20, "items": 120, "active-items": 90}, sync={"images": False})
    images = sorted(truth(sim))
    several_kinds(sim, images)
    active = {n for n in images if sim.record("product", n)["record"]["status"] == "active"}
    reply = tds.bulk("products", active_only=False)
    check("products come without their images where that is switched off", differs(calls(sim), 0) or differs(reply.json.get("images"), None))
    reply = tds.bulk("images", active_only=False, dry_run=True)
    check("a dry run says what would be fetched", unless(stats(reply).get("created") == len(images) and sorted(stats(reply) and reply.json["would_fetch"]) == images, reply))
    check("and fetches nothing", differs(calls(sim), 0) or differs(files(tds), {}))
    said = subprocess.run([os.path.join(BUILD, "tdsctl"), "-s", os.path.join(tds.data, "control.sock"), "sync", "images", "--all-items", "--dry-run"], capture_output=True, text=True, timeout=60)
    check("tdsctl does it, too", unless(said.returncode == 0 and str(len(images)) in said.stdout, said))
    reply = tds.bulk("images")
    check("images of active items are fetched by default", unless(reply.json["success"] and stats(reply)["created"] == stats(reply)["successful"] == len(active), reply))
    check("those and no others, as Zoho has them", wrong(sim, tds, scope=active))
    check("several at once", unless(sim.calls()["max_concurrent"] > 1, sim.calls()["max_concurrent"]))
    reply = tds.bulk("images", active_only=False)
    check("then the others", unless(stats(reply).get("created") == len(images) - len(active) and stats(reply)["unchanged"] == len(active) and
                                    stats(reply)["total_processed"] == len(images), reply))
    check("every file, row and image_url is as Zoho has it", wrong(sim, tds))
    run_ = tds.get("/api/bff/tds/runs/" + reply.json["run_id"]).json
    check("the run is on the books", unless(run_["run_type"] == "images" and run_["status"] == "completed" and run_["processed"] == len(images), run_))
    before = calls(sim)
    reply = tds.bulk("images", active_only=False)
    check("a second run is no call", unless(stats(reply).get("unchanged") == len(images) and reply.json["api_calls"] == 0 and calls(sim) == before, reply))
    sim.change("product", images[0], {"image_document_id": "changed1", "image_type": "png"}, touch=False)
    sim.change("product", images[5], {"image_document_id": "changed2"})
    sim.change("product", images[6], {"image_document_id": "", "image_name": ""})
    reply = tds.bulk("products", active_only=False, sync_images=True)
    inner = reply.json.get("images", {})
    check("products with sync_images answer for their images, too", unless(reply.json["success"] and inner.get("success") and inner["stats"]["updated"] == 3 and
                                                                          inner["api_calls"] == 2 and calls(sim) == before + 2, reply))
    check("changed ones are replaced, also by another type; a removed one is gone", wrong(sim, tds))
    sim.change("product", images[7], {"image_document_id": "changed3"})
    reply = tds.bulk("items-with-stock", active_only=False, sync_images=True)
    check("so do items with stock", unless(reply.json["success"] and reply.json["results"]["images"]["stats"]["updated"] == 1, reply) or wrong(sim, tds))
    lost_and_found(sim, tds, images)
    check("an unknown sync names this one", unless(b"images" in tds.bulk("everything").body, tds.bulk("everything")))
    check("it ends cleanly", tds.stop())


def lost_and_found(sim, tds, images):
    tds.rows("UPDATE products SET image_url = NULL WHERE zoho_item_id = %s", images[1])
    before = calls(sim)
    tds.bulk("images", active_only=False)
    check("an image_url that got lost is set again without a call", wrong(sim, tds) or differs(calls(sim), before))
    sim.fire("product", images[1])
    tds.quiet()
    tds.bulk("images", active_only=False)
    check("a webhook, which carries no image, leaves it", wrong(sim, tds))
    stray = images[2] + ".png"
    os.unlink(os.path.join(folder(tds), [f for f in files(tds) if f.startswith(images[3])][0]))
    for name in (stray, ".new-" + stray):
        with open(os.path.join(folder(tds), name), "wb") as file:
            file.write(b"half")
    tds.replaced("zoho-io", tds.kill("zoho-io"))
    check("at its start what was never finished, and what no row names, goes", unless(wait_for(lambda: not {stray, ".new-" + stray} & set(os.listdir(folder(tds)))), os.listdir(folder(tds))))
    wait_for(lambda: wanted(tds) == 1)
    reply = tds.bulk("images", active_only=False)
    check("and a file that is missing is fetched again", unless(stats(reply).get("updated") == 1, reply) or wrong(sim, tds))
    tds.configure(sync={"images_check": "1s"})
    tds.ask("reload")
    path = os.path.join(folder(tds), [f for f in files(tds) if f.startswith(images[4])][0])
    os.unlink(path)
    check("one that goes while everybody is at work is noticed", unless(wait_for(lambda: wanted(tds) == 1, 20), path))
    tds.bulk("images", active_only=False)
    check("and comes back", unless(os.path.exists(path), path) or wrong(sim, tds))


def none_there():
    """Whatever Zoho may write where an item has no image is no document's id."""
    sim, tds = world(sim={"items": 40, "active-items": 40}, sync={"images": False})
    number = min(truth(sim))
    row = json.loads(json.dumps(next(r["list"] for r in sim.truth("product") if r["id"] == number), default=str))
    document = "SELECT document_id FROM tds_images WHERE source_entity_id = %s"
    for none in ("", None, {}, [], 0, "0", -1, "-1"):
        tds.bulk("products")
        check("an item has an image", unless(tds.value(document, number) == row["image_document_id"], tds.value(document, number)))
        sim.reply("/inventory/v1/items", json.dumps({"code": 0, "items": [{**row, "image_document_id": none}],
                                                     "page_context": {"page": 1, "per_page": 200, "has_more_page": False}}))
        tds.bulk("products")
        sim.no_replies()
        check(f"whose document is {none!r} has none any more", differs(tds.value(document, number), None))
    check("it ends cleanly", tds.stop())


def in_the_background():
    """By what lists say, and nothing else; after kills of whoever is at work."""
    sim, tds = world(sim={"latency_ms": 25, "items": 150, "active-items": 100})
    tds.bulk("products", active_only=False)
    wait_for(lambda: len(files(tds)) > 5)
    for name in ("zoho-io", "dispatcher", "zoho-io", "postgres", "zoho-io"):
        tds.kill(name)
        time.sleep(0.25)
    tds.wait_ready()
    check("images are fetched by themselves, whoever is killed meanwhile", settled(tds, 60) or wrong(sim, tds))
    check("nothing half-done is left", [f for f in os.listdir(folder(tds)) if f.startswith(".")])
    tds.quiet(30)
    before = calls(sim)
    tds.bulk("products", active_only=False)
    time.sleep(1)
    check("pages that say nothing new are no call", differs(calls(sim), before))
    changed = sorted(truth(sim))[:20]
    for n in changed:
        sim.change("product", n, {"image_document_id": "new" + n}, touch=False)
    tds.bulk("products", active_only=False)
    check("a changed document is fetched again", wait_for(lambda: not wrong(sim, tds), 20) is not True and wrong(sim, tds))
    check("once each", differs(calls(sim), before + 20))
    killed_in_a_run(sim, tds)
    check("it ends cleanly", tds.stop())


def killed_in_a_run(sim, tds):
    """A run goes on over the deaths of both who work for it, and its counts are right."""
    tds.configure(sync={"images": False})
    tds.ask("reload")
    wait_for(lambda: tds.readyz(), 10)
    images = sorted(truth(sim))
    for n in images:
        sim.change("product", n, {"image_document_id": "again" + n}, touch=False)
    tds.bulk("products", active_only=False)
    run_id = tds.bulk_start("images", active_only=False)
    seen = []
    for name in ("zoho-io", "dispatcher", "zoho-io"):
        wait_for(lambda: tds.get("/api/bff/tds/runs/" + run_id).json["processed"] > len(seen) * 10)
        seen.append(tds.get("/api/bff/tds/runs/" + run_id).json["processed"])
        tds.replaced(name, tds.kill(name))
    check("progress is visible", unless(0 < seen[0] < len(images), seen))
    check("a run goes on over deaths", differs(tds.run_done(run_id, 60), "completed") or wrong(sim, tds))
    check("and counts each image once", differs(tds.rows("SELECT total_events, processed_events, updated_count, failed_events FROM tds_sync_runs WHERE id = %s", run_id),
                                              [(len(images), len(images), len(images), 0)]))


def bad_ones():
    """What Zoho may send in place of an image."""
    sim, tds = world(sim={"items": 60, "active-items": 60}, zoho={"image_bytes_max": "1MiB", "image_retry_after": "4s", "attempts_max": 3, "timeout": "10s"},
                     sync={"images": False}, breaker={"failures": 1000})
    images = sorted(truth(sim))
    several_kinds(sim, images[10:])
    kinds = {"empty": "empty", "cut": "ends before its end", "type": "another type", "svg": "no JPEG", "html": "no JPEG", "large": "image_bytes_max", "gone": "no"}
    for n, how in zip(images, kinds):
        sim.fault(kind="image", path=f"/items/{n}/image", body=how)
    more = images[len(kinds):]
    sim.fault(kind="image", path=f"/items/{more[0]}/image", body="untyped")
    sim.fault(kind="truncate", path=f"/items/{more[1]}/image", count=1)
    sim.fault(kind="truncate", path=f"/items/{more[2]}/image")
    sim.fault(kind="html", path=f"/items/{more[4]}/image", status=404)
    bad = images[:len(kinds)] + [more[2], more[4]]
    tds.bulk("products", active_only=False)
    product = "SELECT count(*) FROM products WHERE image_url IS NULL AND zoho_item_id = ANY(%s)"
    before = calls(sim)
    reply = tds.bulk("images", active_only=False)
    check("bad images fail alone", unless(reply.json["success"] is False and stats(reply)["failed"] == len(bad) - 1 and stats(reply)["skipped"] == 1 and
                                         stats(reply)["created"] == len(images) - len(bad), reply))
    check("the good ones are there, whole, also where the first try was cut short", wrong(sim, tds, without=bad))
    for n, how in zip(images, kinds):
        row = tds.rows("SELECT state, error, file FROM tds_images WHERE source_entity_id = %s", n)[0]
        check(f"an image that is {how} is on the books with its reason", unless(row[0] == "refused" and kinds[how] in row[1] and not row[2], row))
    check("their products are as they were", differs(tds.value(product, bad), len(bad)))
    after = calls(sim)
    check("each was asked for once, those that broke off or were no answer of Zoho's until attempts_max", differs(after - before, len(images) + 1 + 2 + 2))
    reply = tds.bulk("images", active_only=False)
    check("none is asked for again at once", differs(calls(sim), after) or unless(stats(reply).get("skipped") == len(bad), reply))
    sim.no_faults()
    sim.change("product", images[0], {"image_document_id": "mended"}, touch=False)
    tds.bulk("products", active_only=False)
    reply = tds.bulk("images", active_only=False)
    check("but when its document changes", unless(stats(reply).get("created") == 1, reply))
    due = "SELECT count(*) = 0 FROM tds_images WHERE retry_at > now()"
    wait_for(lambda: tds.value(due), 10, 0.2)
    reply = tds.bulk("images", active_only=False)
    check("or when its time has come", unless(stats(reply).get("created") == len(bad) - 1, reply) or wrong(sim, tds))
    vanished(sim, tds, images)
    zoho_away(sim, tds, images)
    check("it ends cleanly", tds.stop())


def it_ends():
    """A run tries each image once, however soon those it can't have are due again."""
    sim, tds = world(sim={"items": 60, "active-items": 60, "latency_ms": 250}, zoho={"image_retry_after": "1s"}, sync={"images": False})
    bad = sorted(truth(sim))[0]
    sim.fault(kind="image", path=f"/items/{bad}/image", body="empty")
    tds.bulk("products", active_only=False)
    reply = tds.bulk("images", active_only=False, timeout=30)
    check("a run ends with those it can't have", unless(stats(reply).get("failed") == 1 and calls(sim) == len(truth(sim)), reply))


def vanished(sim, tds, images):
    sim.change("product", images[1], {"image_document_id": "elsewhere"}, touch=False)
    sim.fault(kind="image", path=f"/items/{images[1]}/image", body="gone")
    sim.change("product", images[2], {"image_document_id": "spoiled"}, touch=False)
    sim.fault(kind="image", path=f"/items/{images[2]}/image", body="svg")
    tds.rows("UPDATE products SET image_url = 'https://cdn.example.com/own.png' WHERE zoho_item_id = %s", images[3])
    sim.change("product", images[3], {"image_document_id": "", "image_name": ""}, touch=False)
    old = [f for f in files(tds) if f.startswith(images[2])]
    tds.bulk("products", active_only=False, sync_images=True)
    check("an image that Zoho has no more (404) goes with its image_url", differs((tds.row("product", images[1], "image_url"), [f for f in files(tds) if f.startswith(images[1])]), (None, [])))
    check("one that turns bad leaves the one there was", differs((tds.row("product", images[2], "image_url"), [f for f in files(tds) if f.startswith(images[2])]), (URL + old[0], old)))
    check("an image_url that isn't ours isn't emptied", differs(tds.row("product", images[3], "image_url"), "https://cdn.example.com/own.png"))
    sim.no_faults()
    for n in images[1:4]:
        sim.change("product", n, {"image_document_id": "back" + n}, touch=False)
    tds.bulk("products", active_only=False, sync_images=True)
    check("all come back", wrong(sim, tds))


def zoho_away(sim, tds, images):
    for n in images[:12]:
        sim.change("product", n, {"image_document_id": "late" + n}, touch=False)
    tds.bulk("products", active_only=False)
    sim.pause()
    reply = tds.bulk("images", active_only=False)
    check("a run that can't reach Zoho says so", unless(reply.status == 502 and not reply.json["success"] and reply.json["error"], reply))
    check("and blames no image", differs(tds.value("SELECT count(*) FROM tds_images WHERE state = 'refused'"), 0))


def raw(tds, path, headers="", method="GET"):
    """A request as it stands, since clients tidy up paths; status line and the whole reply."""
    with socket.create_connection(("127.0.0.1", tds.port), timeout=10) as s:
        s.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode())
        got = b"".join(iter(lambda: s.recv(65536), b""))
    return int(got.split()[1]), got


def served():
    """By name and by nothing else, again only where it changed, without holding up anybody."""
    sim, tds = world(sim={"items": 60, "active-items": 60})
    several_kinds(sim, sorted(truth(sim)))
    tds.bulk("products", sync_images=True)
    check("images are there", settled(tds) or wrong(sim, tds))
    for n, image in sorted(truth(sim).items())[:5]:
        path = tds.row("product", n, "image_url")
        reply = tds.get(path)
        h = reply.headers
        check(f"{image['type']}: is served as it is", differs((reply.status, h["Content-Type"], h["Content-Length"], hashlib.sha256(reply.body).hexdigest(), h["X-Content-Type-Options"]),
                                                         (200, image["type"], str(image["bytes"]), image["sha256"], "nosniff")))
    head = tds.request("HEAD", path)
    check("HEAD says the same, without it", differs((head.status, head.headers["Content-Length"], head.headers["ETag"], head.body), (200, str(image["bytes"]), h["ETag"], b"")))
    check("caches may keep it, and ask whether it changed", unless(h["ETag"] and "max-age" in h["Cache-Control"], h.items()))
    same = tds.get(path, headers={"If-None-Match": 'W/"other", ' + h["ETag"]})
    check("who has it is told so", differs((same.status, same.body, same.headers["ETag"]), (304, b"", h["ETag"])))
    sim.change("product", n, {"image_document_id": "other"}, touch=False)
    tds.bulk("products", sync_images=True)
    new = tds.get(path, headers={"If-None-Match": h["ETag"]})
    check("a changed one is sent anew", differs((new.status, hashlib.sha256(new.body).hexdigest()), (200, truth(sim)[n]["sha256"])))
    traversal(tds, path)
    large(tds)
    guarded(tds)
    check("it ends cleanly", tds.stop())


def traversal(tds, path):
    name = path.rsplit("/", 1)[1]
    with open(os.path.join(tds.data, "images", "secret.png"), "w") as file:
        file.write("secret")
    os.symlink(os.path.join(tds.data, "images", "secret.png"), os.path.join(folder(tds), "9.png"))
    with open(os.path.join(folder(tds), ".new-1.png"), "w") as file:
        file.write("secret")
    os.mkdir(os.path.join(folder(tds), "7.png"))
    tries = ["../secret.png", "..%2fsecret.png", "%2e%2e/secret.png", "..%2Fsecret.png", "....//secret.png", "./" + name, "9.png", ".new-1.png", "7.png", "", ".", "..", "%00",
             name + "%00.png", name + "/", "x" * 200 + ".png", name[:-4], name[:-4] + ".svg", name.upper(), "8.png", "..\\secret.png", "/etc/passwd", name + ".png"]
    answers = {t: raw(tds, URL + t) for t in tries}
    check("no name leads elsewhere", {t: a for t, a in answers.items() if a[0] not in (400, 404) or b"secret" in a[1].split(b"\r\n\r\n", 1)[1] or b"root:" in a[1]})
    check("what isn't there is a 404 in JSON", differs(json.loads(answers["8.png"][1].split(b"\r\n\r\n")[1]), {"detail": "No such image"}))
    check("it is read only", differs(tds.post(path, {}).status, 405))
    check("it is for those who may ask", differs(raw(tds, path, "X-Forwarded-For: 1.2.3.4\r\n")[0], 403))
    os.rmdir(os.path.join(folder(tds), "7.png"))


def large(tds):
    """Nobody waits for a slow reader, and a large image isn't held in memory."""
    name, size = "5.png", 48 << 20
    with open(os.path.join(folder(tds), name), "wb") as file:
        file.write(os.urandom(1 << 20) * 48)
    os.chmod(os.path.join(folder(tds), name), 0o644)
    pid = tds.actor("http-ingest")["pid"]
    slow = [socket.create_connection(("127.0.0.1", tds.port)) for _ in range(20)]
    for s in slow:
        s.sendall(f"GET {URL}{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    time.sleep(0.3)
    began = time.monotonic()
    check("others are served meanwhile", differs(tds.get("/livez").status, 200) or unless(time.monotonic() - began < 1, time.monotonic() - began))
    got = tds.get(URL + name).body
    with open(os.path.join(folder(tds), name), "rb") as file:
        check("a large image comes whole", unless(file.read() == got and len(got) == size, len(got)))
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("RssAnon:"))
    check("twenty readers of 48 MiB don't take its memory", unless(memory < 40000, f"{memory} kB"))
    for s in slow:
        s.close()


def guarded(tds):
    about = os.stat(folder(tds))
    pids = tds.pids()
    with open(f"/proc/{pids['zoho-io']}/status", encoding="utf-8") as file:
        uid = next(int(line.split()[1]) for line in file if line.startswith("Uid:"))
    check("the directory is the actors' own", differs((stat.S_IMODE(about.st_mode), about.st_uid), (0o750, uid)))
    check("what is around it isn't", os.geteuid() == 0 and differs(os.stat(os.path.dirname(folder(tds))).st_uid, 0))


run(a_run, none_there, in_the_background, bad_ones, it_ends, served)
