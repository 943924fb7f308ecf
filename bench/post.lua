-- wrk -s post.lua URL -- BODIES SECONDS CONNECTIONS SEED [check]
-- Posts lines of BODIES at random for so many seconds, waits for every answer, and says "drained";
-- interrupted then, it prints JSON. Stopping in mid-answer, as wrk does by itself, would lose up to
-- 32 answers of a slow server, and leave it at work while the next one is measured.
-- With check each answer is searched for errors, which costs the generator time: for warming up.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long us; } moment; int gettimeofday(moment *now, void *zone);")
local moment = ffi.new("moment")
local threads, bodies = {}, {}
local REST_MS = 1000000
local seconds

local function now()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.s) + tonumber(moment.us) / 1e6
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  seconds = tonumber(args[2])
  -- wrk asks once for itself, and calls delay() once more for each connection
  asked, answered, failed, started, last = -1, -tonumber(args[3]), 0, now(), 0
  math.randomseed(tonumber(args[4]))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/json"
  for line in io.lines(args[1]) do
    -- one whose body changes is put together when it is sent, for its length changes too
    local changes = line:find("@NUMBER@", 1, true) ~= nil
    table.insert(bodies, { text = changes and line or wrk.format(nil, nil, nil, line), changes = changes })
  end
  if args[5] == "check" then
    response = function(_, _, body)
      if body:find('"errors"', 1, true) then failed = failed + 1 end
    end
  end
end

function request()
  asked = asked + 1
  local body = bodies[math.random(#bodies)]
  if not body.changes then return body.text end
  local number = string.format("%.3f", 50 + 800 * math.random())
  return wrk.format(nil, nil, nil, (body.text:gsub("@NUMBER@", number)))
end

-- wrk calls this before a connection's first request and after each answer.
function delay()
  answered = answered + 1
  last = now()
  if last - started < seconds then return 0 end -- no rest
  if answered == asked then
    io.write("drained\n")
    io.flush()
  end
  return REST_MS
end

function done(summary, latency)
  local errors, thread = summary.errors, threads[1]
  io.write(string.format(
    '\n{"requests":%d,"duration_s":%.6f,"bytes":%d,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"failures":%d}\n',
    summary.requests, thread:get("last") - thread:get("started"), summary.bytes,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.timeout + thread:get("failed")))
end
