-- SPDX-License-Identifier: GPL-2.0-or-later
-- The wakes in a trace of `wakepath export --format perfetto`, as tables of PerfettoSQL. Run this file first, in trace_processor
-- or on the page "Query (SQL)" of ui.perfetto.dev. docs/export.md has queries. Times are ns of CLOCK_MONOTONIC; NULL is not known.

-- A wake of a vCPU, from its cause to guest entry. `total` says of which kind its `total_ns` is, as in the tables of
-- `--format sqlite`; NULL: it has none. Never add up those of different kinds.
CREATE OR REPLACE PERFETTO TABLE wakepath_wakes AS
SELECT
  slice.id AS slice_id,
  slice.track_id,
  extract_arg(slice.arg_set_id, 'debug.wake') AS wake,
  process.upid,
  process.name AS vm,
  process.pid AS vm_pid,
  thread.utid,
  thread.name AS vcpu,
  thread.tid,
  slice.name AS path,
  slice.ts,
  slice.dur,
  extract_arg(slice.arg_set_id, 'debug.total') AS total,
  extract_arg(slice.arg_set_id, 'debug.total_ns') AS total_ns,
  extract_arg(slice.arg_set_id, 'debug.complete') AS complete,
  extract_arg(slice.arg_set_id, 'debug.root') AS root,
  extract_arg(slice.arg_set_id, 'debug.irq') AS irq,
  extract_arg(slice.arg_set_id, 'debug.device') AS device,
  extract_arg(slice.arg_set_id, 'debug.ends_at') AS ends_at,
  extract_arg(slice.arg_set_id, 'debug.blocked_ns') AS blocked_ns,
  extract_arg(slice.arg_set_id, 'debug.ran_ns') AS ran_ns,
  extract_arg(slice.arg_set_id, 'debug.flags') AS flags
FROM slice
JOIN thread_track ON thread_track.id = slice.track_id
JOIN thread ON thread.utid = thread_track.utid
LEFT JOIN process ON process.upid = thread.upid
WHERE thread_track.name = 'wakes'
  AND slice.depth = 0
  AND extract_arg(slice.arg_set_id, 'debug.wake') IS NOT NULL;

CREATE OR REPLACE PERFETTO INDEX wakepath_wakes_by_slice ON wakepath_wakes(slice_id);

-- A stage of a wake, from 1; the stages of a wake sum to its total_ns.
CREATE OR REPLACE PERFETTO TABLE wakepath_stages AS
SELECT
  step.id AS slice_id,
  step.arg_set_id,
  wakes.wake,
  wakes.total,
  wakes.vm,
  wakes.vcpu,
  wakes.path,
  row_number() OVER (PARTITION BY step.parent_id ORDER BY step.ts, step.id) AS stage,
  step.name,
  step.ts,
  step.dur,
  extract_arg(step.arg_set_id, 'debug.cpu') AS cpu,
  extract_arg(step.arg_set_id, 'debug.actor') AS actor
FROM slice AS step
-- In this order: the wake of a slice is found by the index, the slices of a wake would be looked for among all.
CROSS JOIN wakepath_wakes AS wakes
WHERE step.depth = 1
  AND wakes.slice_id = step.parent_id;

-- Who had a part of a stage: `who`, as `kind(what)`. '.', '[' and ']' in a name are '_'. Time that nothing explains has no row.
CREATE OR REPLACE PERFETTO TABLE wakepath_blame AS
SELECT
  stages.wake,
  stages.total,
  stages.vm,
  stages.vcpu,
  stages.path,
  stages.stage,
  stages.name,
  stages.cpu,
  substr(args.key, length('debug.blame.') + 1) AS who,
  args.int_value AS ns
FROM wakepath_stages AS stages
JOIN args ON args.arg_set_id = stages.arg_set_id
WHERE substr(args.key, 1, length('debug.blame.')) = 'debug.blame.';

-- A step on the way from the cause of a wake to its vCPU.
CREATE OR REPLACE PERFETTO TABLE wakepath_causes AS
SELECT
  slice.id AS slice_id,
  extract_arg(slice.arg_set_id, 'debug.wake') AS wake,
  slice.ts,
  CAST(substr(track.name, length('causes on CPU ') + 1) AS INT) AS cpu,
  extract_arg(slice.arg_set_id, 'debug.kind') AS kind,
  slice.name,
  extract_arg(slice.arg_set_id, 'debug.tid') AS tid
FROM slice
JOIN track ON track.id = slice.track_id
WHERE track.name GLOB 'causes on CPU [0-9]*'
  AND extract_arg(slice.arg_set_id, 'debug.wake') IS NOT NULL;

-- A percentile is the least total that so many of the wakes do not exceed.
CREATE OR REPLACE PERFETTO VIEW wakepath_latency AS
WITH ranked AS (
  SELECT
    upid, vm, total, total_ns,
    row_number() OVER (PARTITION BY upid, total ORDER BY total_ns) AS n,
    count(*) OVER (PARTITION BY upid, total) AS wakes
  FROM wakepath_wakes
  WHERE total IS NOT NULL
)
SELECT
  upid, vm, total, wakes,
  max(CASE WHEN n = (wakes * 500 + 999) / 1000 THEN total_ns END) AS p50_ns,
  max(CASE WHEN n = (wakes * 990 + 999) / 1000 THEN total_ns END) AS p99_ns,
  max(total_ns) AS max_ns
FROM ranked
GROUP BY upid, vm, total, wakes;

-- The VM with the worst p99, of the kind of total that most of its wakes have: a slice of each track of its vCPUs.
CREATE OR REPLACE PERFETTO VIEW wakepath_worst_vm AS
WITH
  most AS (
    SELECT
      upid, p99_ns,
      row_number() OVER (PARTITION BY upid ORDER BY wakes DESC) AS n
    FROM wakepath_latency
  ),
  worst AS (SELECT upid FROM most WHERE n = 1 ORDER BY p99_ns DESC LIMIT 1)
SELECT min(slice.id) AS id, thread.name AS vcpu, thread_track.name AS track
FROM slice
JOIN thread_track ON thread_track.id = slice.track_id
JOIN thread ON thread.utid = thread_track.utid
JOIN worst ON worst.upid = thread.upid
WHERE thread_track.name IN ('wakes', 'state')
GROUP BY slice.track_id, thread.name, thread_track.name;
