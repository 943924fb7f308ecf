-- wrk -s post.lua URL -- BODIES SECONDS CONNECTIONS SEED [check]
-- Posts random lines of the file BODIES for SECONDS, waits for every response, and prints "drained".
-- When it is interrupted then, it prints JSON. wrk by itself stops in the middle of responses: up to
-- 32 responses of a slow server would be lost, and it would still work while the next server is
-- measured. With "check" each response is searched for errors, which costs CPU: for the warm-up.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long us; } time_value; int gettimeofday(time_value *now, void *zone);")
local time_value = ffi.new("time_value")
local threads, bodies = {}, {}
local END_DELAY_MS = 1000000
local seconds

local function now()
  ffi.C.gettimeofday(time_value, nil)
  return tonumber(time_value.s) + tonumber(time_value.us) / 1e6
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  seconds = tonumber(args[2])
  -- wrk calls request() once before it sends anything, and delay() once more for each connection
  sent, answered, failed, started, last = -1, -tonumber(args[3]), 0, now(), 0
  math.randomseed(tonumber(args[4]))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/json"
  for line in io.lines(args[1]) do
    -- a body with a placeholder is formatted for each request, because its length changes
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
  sent = sent + 1
  local body = bodies[math.random(#bodies)]
  if not body.changes then return body.text end
  local number = string.format("%.3f", 50 + 800 * math.random())
  return wrk.format(nil, nil, nil, (body.text:gsub("@NUMBER@", number)))
end

-- wrk calls this before the first request of a connection and after each response.
function delay()
  answered = answered + 1
  last = now()
  if last - started < seconds then return 0 end
  if answered == sent then
    io.write("drained\n")
    io.flush()
  end
  return END_DELAY_MS
end

function done(summary, latency)
  local errors, thread = summary.errors, threads[1]
  io.write(string.format(
    '\n{"requests":%d,"duration_s":%.6f,"bytes":%d,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,"failures":%d}\n',
    summary.requests, thread:get("last") - thread:get("started"), summary.bytes,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.timeout + thread:get("failed")))
end
