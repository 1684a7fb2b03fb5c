// The client `getstream` for JavaScript against the emulated feed service.
//
// One line per check, as checks.py prints them.
"use strict";

const assert = require("node:assert/strict");
const inspector = require("node:inspector");
const path = require("node:path");
const stream = require("getstream");

const ready = JSON.parse(process.env.SLUICE_SANDBOX);
const service = ready.feed;
const pinned = require("./package.json").dependencies.getstream;

// The calls of the client, by the file of the package that makes them.
const CALLS = {
  "client.js": [
    "feed", "createUserToken", "updateActivities", "updateActivity", "getActivities", "getOrCreateToken", "user", "setUser",
    "og", "personalizedFeed", "activityPartialUpdate", "activitiesPartialUpdate", "getReadOnlyToken", "getReadWriteToken",
  ],
  "batch_operations.js": ["addToMany", "followMany", "unfollowMany", "addUsers", "getUsers", "deleteUsers"],
  "feed.js": [
    "addActivity", "addActivities", "removeActivity", "follow", "unfollow", "following", "followers", "followStats", "get",
    "getActivityDetail", "updateActivityToTargets",
  ],
  "reaction.js": ["add", "addChild", "get", "filter", "update", "delete", "restore"],
  "user.js": ["ref", "create", "get", "getOrCreate", "update", "delete", "profile"],
  "collections.js": ["ref", "entry", "add", "get", "update", "delete", "upsert", "upsertMany", "select", "deleteMany"],
  "personalization.js": ["get", "post", "delete"],
  "redirect_url.js": ["createRedirectUrl"],
};

const OUT_OF_SCOPE = {
  "subscribe, getFayeClient": "realtime needs the service's Faye servers",
  "files.upload, images.upload, process, delete": "the sandbox keeps no files",
  "auditLogs.filter": "there is no dashboard whose changes could be logged",
  "flagUser, user.flag": "moderation",
  "exportUserData, deleteActivities, deleteReactions": "data privacy requests are processed by people at the service",
};

const urlOverride = {};
for (const name of ["api", "analytics", "personalization"]) urlOverride[name] = `${service.base_url}/${name}/`;

function connect(token, options = {}) {
  return stream.connect(service.api_key, token, service.app_id, { urlOverride, ...options });
}

const client = connect(service.api_secret, { browser: false });

let numbers = 0;
const newId = () => `js-${++numbers}`;
const newFeed = (group = "user") => client.feed(group, newId());
const activity = (more = {}) => ({
  actor: "device:1",
  verb: "report",
  object: "temperature",
  foreign_id: `js:${++numbers}`,
  time: new Date(Date.UTC(2024, 4, 6) + numbers * 1000).toISOString().replace("Z", ""),
  ...more,
});
const ids = (answer) => answer.results.map((entry) => entry.id);
const objects = (answer) => answer.results.map((entry) => entry.object);

// A client in a browser: with the token of one user.
function connectAs(userId) {
  return connect(client.createUserToken(userId));
}

async function refused(promise, status, code) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.response?.status, status, String(error));
    if (code !== undefined) assert.equal(error.error.code, code);
    return true;
  });
}

const checks = {
  async "the client is the published one"() {
    assert.equal(require("getstream/package.json").version, pinned);
  },

  async "adds an activity and reads it back"() {
    const feed = newFeed();
    const added = await feed.addActivity(activity({ celsius: 21.5, room: { number: "101", tags: ["red"] } }));
    const { results, next } = await feed.get();
    const { duration, ...entry } = added;
    assert.match(duration, /ms$/);
    assert.deepEqual(results, [entry]);
    assert.equal(next, "");
    assert.deepEqual(
      Object.keys(entry).sort(),
      ["actor", "celsius", "foreign_id", "id", "object", "origin", "room", "target", "time", "verb"]);
  },

  async "names the field that is missing"() {
    await refused(newFeed().addActivity({ actor: 1, verb: "test", object: "" }), 400, 4);
  },

  async "takes numbers for texts"() {
    const added = await newFeed().addActivity(activity({ actor: 1, object: 2, foreign_id: 1234 }));
    assert.deepEqual([added.actor, added.object, added.foreign_id], ["1", "2", "1234"]);
  },

  async "adds a batch and reads it page by page"() {
    const feed = newFeed();
    const given = ["1", "2", "3"].map((object) => activity({ object }));
    const { activities } = await feed.addActivities(given);
    assert.deepEqual(activities.map((each) => each.object), ["1", "2", "3"]);
    assert.deepEqual(objects(await feed.get({ limit: 2 })), ["3", "2"]);
    assert.deepEqual(objects(await feed.get({ limit: 2, offset: 1 })), ["2", "1"]);
    assert.deepEqual(objects(await feed.get({ limit: 5, id_lt: activities[2].id })), ["2", "1"]);
    assert.deepEqual(ids(await feed.getActivityDetail(activities[1].id, {})), [activities[1].id]);
  },

  async "removes by id and by foreign id"() {
    const feed = newFeed();
    const first = await feed.addActivity(activity());
    const second = await feed.addActivity(activity());
    assert.equal((await feed.removeActivity(first.id)).removed, first.id);
    await feed.removeActivity({ foreignId: second.foreign_id });
    await feed.removeActivity({ foreign_id: "nothing" });
    assert.deepEqual((await feed.get()).results, []);
  },

  async "follows and unfollows"() {
    const timeline = newFeed("timeline");
    const source = newFeed();
    const { id } = await source.addActivity(activity());
    await timeline.follow(source.slug, source.userId);
    assert.deepEqual(ids(await timeline.get()), [id]);
    assert.equal((await timeline.get()).results[0].origin, source.id);
    const following = await timeline.following({ filter: [source.id] });
    assert.deepEqual(following.results.map((each) => each.target_id), [source.id]);
    assert.deepEqual((await source.followers({ limit: "10", offset: "0" })).results.length, 1);
    const { results } = await timeline.followStats({ followerSlugs: ["timeline"], followingSlugs: ["user"] });
    assert.deepEqual([results.followers.count, results.following.count], [0, 1]);
    await timeline.unfollow(source.slug, source.userId, { keepHistory: true });
    assert.deepEqual(ids(await timeline.get()), [id]);
    await timeline.follow(source.slug, source.userId, { limit: 0 });
    await timeline.unfollow(source.slug, source.userId);
    assert.deepEqual((await timeline.following()).results, []);
  },

  async "follows many with a copy limit"() {
    const source = newFeed();
    for (let part = 0; part < 2; ++part) {
      await source.addActivities(Array.from({ length: 25 }, () => activity()));
    }
    const timeline = newFeed("timeline");
    await client.followMany([{ source: timeline.id, target: source.id }], 25);
    assert.equal((await timeline.get({ limit: 100 })).results.length, 25);
    await client.unfollowMany([{ source: timeline.id, target: source.id, keep_history: false }]);
    assert.deepEqual((await timeline.get()).results, []);
  },

  async "adds one activity to many feeds"() {
    const feeds = [newFeed(), newFeed()];
    await client.addToMany(activity({ object: "many" }), feeds.map((feed) => feed.id));
    for (const feed of feeds) assert.deepEqual(objects(await feed.get()), ["many"]);
  },

  async "gets activities by id and by foreign id and time"() {
    const feed = newFeed();
    const added = await feed.addActivity(activity());
    const { results } = await feed.get();
    assert.deepEqual((await client.getActivities({ ids: [added.id] })).results, results);
    const foreignIDTimes = [{ foreignID: added.foreign_id, time: added.time }];
    assert.deepEqual((await client.getActivities({ foreignIDTimes })).results, results);
  },

  async "updates activities"() {
    const feed = newFeed();
    const added = await feed.addActivity(activity({ old: true }));
    const { old, duration, ...rest } = added;
    await client.updateActivity({ ...rest, answer: 10 });
    const { results } = await feed.get();
    assert.deepEqual(results, [{ ...rest, answer: 10 }]);
    await refused(client.updateActivities([{ ...rest, foreign_id: null }]), 400, 4);
    await refused(client.updateActivities([{ ...rest, time: "test" }]), 400, 4);
    await refused(client.updateActivities([{ ...rest, to: "string" }]), 400, 4);
  },

  async "updates activities in part"() {
    const feed = newFeed();
    const added = await feed.addActivity(activity({ product: { price: 1, name: "n" } }));
    const changed = await client.activityPartialUpdate({ id: added.id, set: { "product.price": 2 }, unset: ["product.name"] });
    assert.deepEqual(changed.product, { price: 2 });
    const { activities } = await client.activitiesPartialUpdate([
      { foreign_id: added.foreign_id, time: added.time, set: { a: [1] } },
    ]);
    assert.deepEqual(activities[0].a, [1]);
  },

  async "changes targets and has none when all are removed"() {
    const [feed, first, second] = [newFeed(), newFeed("flat"), newFeed("flat")];
    const added = await feed.addActivity(activity({ to: [first.id] }));
    const change = (...lists) => feed.updateActivityToTargets(added.foreign_id, added.time, ...lists);
    assert.deepEqual((await change([second.id])).activity.to, [second.id]);
    const changed = await change(null, [first.id], [second.id]);
    assert.deepEqual([changed.added, changed.removed], [[first.id], [second.id]]);
    await change(null, null, [first.id]);
    assert.equal((await feed.get()).results[0].to, undefined);
  },

  async "marks notifications seen and read"() {
    const feed = newFeed("notification");
    await feed.addActivities([activity({ verb: "add" }), activity({ verb: "like" })]);
    const before = await feed.get();
    assert.deepEqual([before.unseen, before.unread], [2, 2]);
    const marked = await feed.get({ mark_seen: true, mark_read: [before.results[0].id] });
    assert.equal(marked.results[0].is_read, false);
    const after = await feed.get();
    assert.equal(after.unseen, 0);
    assert.deepEqual(after.results.map((group) => [group.is_seen, group.is_read]), [[true, true], [true, false]]);
  },

  async "creates, changes and deletes a user"() {
    const me = newId();
    const mine = connectAs(me);
    assert.deepEqual((await mine.setUser({ name: "n" })).data, { name: "n" });
    const user = mine.user(me);
    await refused(user.create({ name: "m" }), 409, 22);
    assert.deepEqual((await user.getOrCreate({ name: "m" })).data, { name: "n" });
    assert.deepEqual((await user.update({ name: "m" })).data, { name: "m" });
    assert.deepEqual((await user.get()).data, { name: "m" });
    const profile = await user.profile();
    assert.deepEqual([profile.full.followers_count, profile.full.following_count], [0, 0]);
    assert.equal(user.ref(), `SU:${me}`);
    await refused(connectAs(newId()).user(me).update({}), 403, 17);
    await user.delete();
    await refused(user.get(), 404, 16);
  },

  async "keeps many users"() {
    const users = [newId(), newId()].map((id) => ({ id, data: { name: id } }));
    const userIds = users.map(({ id }) => id);
    assert.equal((await client.addUsers(users)).created_users.length, 2);
    assert.deepEqual((await client.getUsers(userIds)).users.map(({ id }) => id), userIds);
    await client.deleteUsers(userIds);
    assert.deepEqual((await client.getUsers(userIds)).users, []);
  },

  async "keeps objects of collections"() {
    const mine = connectAs(newId());
    const id = newId();
    const entry = await mine.collections.add("food", id, { name: "burger" });
    assert.deepEqual(Object.keys(entry.full).sort(),
      ["collection", "created_at", "data", "duration", "foreign_id", "id", "updated_at"]);
    assert.equal(mine.collections.entry("food", id, {}).ref(), `SO:food:${id}`);
    await refused(mine.collections.add("food", id, { name: "burger" }), 409, 22);
    await refused(mine.collections.add("food", newId(), {}), 400, 4);
    await refused(connectAs(newId()).collections.update("food", id, { name: "x" }), 403, 17);
    assert.deepEqual((await mine.collections.update("food", id, { name: "x" })).data, { name: "x" });
    assert.deepEqual((await mine.collections.get("food", id)).data, { name: "x" });
    await mine.collections.delete("food", id);
    await refused(mine.collections.get("food", id), 404, 16);
  },

  async "keeps many objects"() {
    const [first, second] = [newId(), newId()];
    await client.collections.upsert("food", [{ id: first, name: "a" }]);
    await client.collections.upsertMany({ food: [{ id: second, name: "b" }] });
    const { response } = await client.collections.select("food", [first, second]);
    assert.deepEqual(response.data.map((each) => each.data.name), ["a", "b"]);
    await client.collections.deleteMany("food", [first, second]);
    assert.deepEqual((await client.collections.select("food", [first])).response.data, []);
  },

  async "reacts, with children three levels deep"() {
    const me = newId();
    const mine = connectAs(me);
    const post = await mine.feed("user", me).addActivity(activity({ actor: `SU:${me}` }));
    const like = await mine.reactions.add("like", post.id, { a: 1 });
    assert.deepEqual(
      Object.keys(like).sort(),
      ["activity_id", "children_counts", "created_at", "data", "duration", "id", "kind", "latest_children", "parent",
        "updated_at", "user", "user_id"]);
    const child = await mine.reactions.addChild("reply", like, { text: "t" });
    const third = await mine.reactions.addChild("reply", child, {});
    await refused(mine.reactions.addChild("reply", third, {}), 400, 4);
    const read = await mine.reactions.get(like.id);
    assert.deepEqual(read.children_counts, { reply: 1 });
    assert.equal(read.latest_children.reply[0].id, child.id);
    assert.deepEqual((await mine.reactions.update(like.id, { a: 2 })).data, { a: 2 });
    await refused(connectAs(newId()).reactions.delete(like.id), 403, 17);
    await mine.reactions.delete(like.id, true);
    assert.deepEqual((await mine.reactions.filter({ activity_id: post.id })).results, []);
    await mine.reactions.restore(like.id);
    const filtered = await mine.reactions.filter({ activity_id: post.id, kind: "like", with_activity_data: true });
    assert.deepEqual(ids(filtered), [like.id]);
    assert.equal(filtered.activity.id, post.id);
    await mine.reactions.delete(like.id);
    await refused(mine.reactions.get(like.id), 404, 16);
  },

  async "enriches feeds with what they refer to"() {
    const me = newId();
    const mine = connectAs(me);
    const user = await mine.setUser({ name: "n" });
    const food = await mine.collections.add("food", newId(), { name: "burger" });
    const feed = mine.feed("user", me);
    const post = await feed.addActivity(activity({ actor: mine.currentUser, object: food }));
    for (let i = 0; i < 6; ++i) await mine.reactions.add("like", post.id, {});
    const { results } = await feed.get({ withOwnReactions: true, withRecentReactions: true, withReactionCounts: true });
    const [read] = results;
    assert.deepEqual(read.actor.data, user.data);
    assert.deepEqual(read.object.data, { name: "burger" });
    assert.deepEqual(read.reaction_counts, { like: 6 });
    assert.equal(read.own_reactions.like.length, 5);
    assert.equal(read.latest_reactions.like.length, 5);
    const next = new URL(read.latest_reactions_extra.like.next);
    assert.deepEqual([...next.searchParams.keys()].sort(), ["id_lt", "limit", "withOwnChildren"]);
    const more = await mine.reactions.filter({
      activity_id: post.id, kind: "like", id_lt: next.searchParams.get("id_lt"),
    });
    assert.deepEqual([more.results.length, more.next], [1, ""]);
  },

  async "shows what references lead nowhere"() {
    const me = newId();
    const mine = connectAs(me);
    const feed = mine.feed("user", me);
    await feed.addActivity(activity({ actor: `SU:${me}`, object: "SO:food:none" }));
    const [read] = (await feed.get({ enrich: true })).results;
    assert.deepEqual(read.object, {
      id: "none", collection: "food", error: "ReferenceNotFound", reference: "SO:food:none", reference_type: "object",
    });
  },

  async "lets users do what the policies say"() {
    const [me, other] = [newId(), newId()];
    const mine = connectAs(me);
    await mine.feed("user", other).get();
    await refused(mine.feed("timeline", other).get(), 403, 17);
    await refused(mine.feed("user", other).addActivity(activity({ actor: `SU:${me}` })), 403, 17);
    await refused(mine.feed("user", me).addActivity(activity({ actor: `SU:${other}` })), 403, 17);
    await mine.feed("user", me).addActivity(activity({ actor: `SU:${me}`, to: [`notification:${other}`] }));
    await mine.feed("timeline", me).follow("user", other);
    await refused(mine.feed("timeline", other).follow("user", me), 403, 17);
  },

  async "hands out tokens for one feed"() {
    const feed = newFeed();
    const readOnly = connect(null);
    const reader = readOnly.feed(feed.slug, feed.userId, client.getReadOnlyToken(feed.slug, feed.userId));
    await reader.get();
    await refused(reader.addActivity(activity()), 403, 17);
    const writer = readOnly.feed(feed.slug, feed.userId, client.getReadWriteToken(feed.slug, feed.userId));
    await writer.addActivity(activity());
    assert.equal((await reader.get()).results.length, 1);
  },

  async "refuses wrong keys and secrets"() {
    const wrongKey = stream.connect("unknown", service.api_secret, service.app_id, { urlOverride });
    await refused(wrongKey.feed("user", "1").get(), 401, 2);
    const wrongSecret = connect("0123456789abcdef0123456789abcdef");
    await refused(wrongSecret.feed("user", "1").get(), 403, 17);
  },

  async "reads open graph data"() {
    assert.ok((await client.og("https://example.com/")).title);
    await refused(client.og("https://example.com/a.exe"), 400, 4);
  },

  async "redirects and tracks"() {
    const made = client.createRedirectUrl("http://example.com/?a=b", "tommaso", [{ label: "click" }]);
    const url = made.replace(/^https?:\/\/[^/]+/, service.base_url);
    const answer = await fetch(url, { redirect: "manual" });
    assert.deepEqual([answer.status, answer.headers.get("location")], [302, "http://example.com/?a=b"]);
  },

  async "personalizes nothing"() {
    assert.deepEqual((await client.personalization.get("recommended", {})).results, []);
    assert.deepEqual((await client.personalization.post("recommended", {}, { a: 1 })).results, []);
    assert.deepEqual((await client.personalization.delete("recommended", {})).results, []);
    assert.deepEqual((await client.personalizedFeed()).results, []);
  },

  async "answers many requests at once"() {
    const feed = newFeed();
    await Promise.all(Array.from({ length: 100 }, () => feed.addActivity(activity())));
    assert.equal((await feed.get({ limit: 100 })).results.length, 100);
  },
};

// Which calls were made: the interpreter tells, so that the client stays as it is.
function post(session, method, parameters) {
  return new Promise((resolve, reject) =>
    session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result))));
}

async function madeCalls(session) {
  const { result } = await post(session, "Profiler.takePreciseCoverage");
  const made = new Set();
  for (const script of result) {
    if (!script.url.includes("/getstream/lib/")) continue;
    const file = path.basename(script.url);
    for (const { functionName, ranges } of script.functions) {
      // A word of the language, as `delete` is, has an underscore before it.
      const name = functionName.replace(/^_/, "");
      if (CALLS[file]?.includes(name) && ranges[0].count > 0) made.add(`${file}: ${name}`);
    }
  }
  return made;
}

async function main() {
  const session = new inspector.Session();
  session.connect();
  await post(session, "Profiler.enable");
  await post(session, "Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  let failed = false;
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok   feed_js: ${name}`);
    } catch (error) {
      failed = true;
      console.log(`FAIL feed_js: ${name}`);
      console.error(error.response ? `${error.message}\n${error.stack}` : error);
    }
  }
  const made = await madeCalls(session);
  const all = Object.entries(CALLS).flatMap(([file, names]) => names.map((name) => `${file}: ${name}`));
  console.log(`calls feed_js: ${made.size} of ${all.length} of getstream ${pinned}`);
  for (const [what, why] of Object.entries(OUT_OF_SCOPE)) console.log(`omits feed_js: ${what}: ${why}`);
  for (const name of all.filter((each) => !made.has(each))) {
    failed = true;
    console.log(`FAIL feed_js: the call ${name} was never made`);
  }
  process.exitCode = failed ? 1 : 0;
}

main();
