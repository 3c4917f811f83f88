"""The native functions that run plans, as LLVM IR text: `RUN` walks a segment of launches, `WORK` is a worker's loop.

They meet in the region, a record of 8-byte words, one for the process. Its invariant: GATE is 512 * phase + threads
inside, open while the phase is even; what a launch needs is written only while the gate is closed and nobody is inside.
So the caller never waits for a worker that has not come: one that sleeps, or was never started, takes no part.
"""

from __future__ import annotations

import platform

from .compile import Kernel

# Words of the region. What different threads write lies on cache lines of its own.
GATE, NEXT, LAUNCH, WORKERS, YIELD, GENERATION, ACTIVE, STATUS = 0, 16, 32, 48, 49, 50, 51, 64
REGION_WORDS = 80
STATUS_WORDS = 4

# Records that `execute` writes, by words.
SEGMENT = ("patches", "patch_count", "launches", "launch_count", "table", "region", "parallel")
PATCH = ("destination", "slot", "offset")
LAUNCH_RECORD = ("tasks", "items", "parallel")
TASK = ("kernel", "words", "first", "last")  # items first .. last-1, counted through the launch

CHUNKS = 4  # that a thread gets of a launch: enough to even out, few enough to cost nothing
PATIENCE = 4096  # rounds of waiting before the caller offers its processor to other threads
STAYS = 10_000  # times that a worker goes on waiting because a plan is at work
OVER, IDLE, TIRED = 0, 1, 2  # why a worker's loop ends

PAUSES = {"x86_64": "llvm.x86.sse2.pause()", "aarch64": "llvm.aarch64.hint(i32 1)"}
ALIASES = {"amd64": "x86_64", "arm64": "aarch64"}
_machine = platform.machine().lower()
_pause = PAUSES.get(ALIASES.get(_machine, _machine))
PAUSE = f"call void @{_pause}" if _pause else ""

HEAD = f"""
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)
{PAUSE.replace("call", "declare").replace("i32 1", "i32")}

; Offers the processor to other threads.
define internal void @offer(ptr %region) nounwind noinline {{
entry:
  %p.yield = getelementptr i64, ptr %region, i64 {YIELD}
  %yield = load ptr, ptr %p.yield
  %none = icmp eq ptr %yield, null
  br i1 %none, label %exit, label %call
call:
  %ignored = call i32 %yield()
  br label %exit
exit:
  ret void
}}

; Runs items begin .. end-1 of a launch, task by task.
define internal void @items(ptr %tasks, i64 %begin, i64 %end) nounwind alwaysinline {{
entry:
  br label %task
task:
  %record = phi ptr [%tasks, %entry], [%record.next, %next]
  %p.first = getelementptr i64, ptr %record, i64 2
  %p.last = getelementptr i64, ptr %record, i64 3
  %first = load i64, ptr %p.first
  %last = load i64, ptr %p.last
  %before = icmp sle i64 %last, %begin
  br i1 %before, label %next, label %call
call:
  %kernel = load ptr, ptr %record
  %p.words = getelementptr i64, ptr %record, i64 1
  %words = load ptr, ptr %p.words
  %from = call i64 @llvm.smax.i64(i64 %begin, i64 %first)
  %to = call i64 @llvm.smin.i64(i64 %end, i64 %last)
  %own.from = sub i64 %from, %first
  %own.to = sub i64 %to, %first
  call void %kernel(ptr %words, i64 %own.from, i64 %own.to)
  br label %next
next:
  %record.next = getelementptr i64, ptr %record, i64 {len(TASK)}
  %more = icmp slt i64 %last, %end
  br i1 %more, label %task, label %exit
exit:
  ret void
}}

; Takes chunks of the region's launch until none is left.
define internal void @share(ptr %region) nounwind alwaysinline {{
entry:
  %p.launch = getelementptr i64, ptr %region, i64 {LAUNCH}
  %p.workers = getelementptr i64, ptr %region, i64 {WORKERS}
  %p.next = getelementptr i64, ptr %region, i64 {NEXT}
  %launch = load ptr, ptr %p.launch
  %tasks = load ptr, ptr %launch
  %p.items = getelementptr i64, ptr %launch, i64 1
  %items = load i64, ptr %p.items
  %workers = load i64, ptr %p.workers
  %threads = add i64 %workers, 1
  %chunks = mul i64 %threads, {CHUNKS}
  %even = udiv i64 %items, %chunks
  %chunk = call i64 @llvm.smax.i64(i64 %even, i64 1)
  br label %take
take:
  %begin = atomicrmw add ptr %p.next, i64 %chunk monotonic
  %some = icmp slt i64 %begin, %items
  br i1 %some, label %do, label %exit
do:
  %past = add i64 %begin, %chunk
  %end = call i64 @llvm.smin.i64(i64 %past, i64 %items)
  call void @items(ptr %tasks, i64 %begin, i64 %end)
  br label %take
exit:
  ret void
}}
"""

# i64 run(ptr segment): patches addresses into words, runs launches in turn; gives the fault code, 0 where all is well.
RUN = f"""
define internal void @together(ptr %region, ptr %launch) nounwind {{
entry:
  %p.launch = getelementptr i64, ptr %region, i64 {LAUNCH}
  %p.next = getelementptr i64, ptr %region, i64 {NEXT}
  store ptr %launch, ptr %p.launch
  store atomic i64 0, ptr %p.next monotonic, align 8
  %opened = atomicrmw add ptr %region, i64 512 seq_cst
  call void @share(ptr %region)
  %closed = atomicrmw add ptr %region, i64 512 seq_cst
  br label %wait
wait:
  %round = phi i64 [0, %entry], [%round.next, %again]
  %gate = load atomic i64, ptr %region acquire, align 8
  %inside = and i64 %gate, 511
  %empty = icmp eq i64 %inside, 0
  br i1 %empty, label %exit, label %busy
busy:
  {PAUSE}
  %round.next = add i64 %round, 1
  %long = icmp ugt i64 %round, {PATIENCE}
  br i1 %long, label %offer, label %again
offer:
  call void @offer(ptr %region)
  br label %again
again:
  br label %wait
exit:
  ret void
}}

define i64 @kernel(ptr %segment) nounwind {{
entry:
  %p.patch_count = getelementptr i64, ptr %segment, i64 1
  %p.launches = getelementptr i64, ptr %segment, i64 2
  %p.launch_count = getelementptr i64, ptr %segment, i64 3
  %p.table = getelementptr i64, ptr %segment, i64 4
  %p.region = getelementptr i64, ptr %segment, i64 5
  %patches = load ptr, ptr %segment
  %patch_count = load i64, ptr %p.patch_count
  %launches = load ptr, ptr %p.launches
  %launch_count = load i64, ptr %p.launch_count
  %table = load ptr, ptr %p.table
  %region = load ptr, ptr %p.region
  %p.joint = getelementptr i64, ptr %segment, i64 6
  %joint.any = load i64, ptr %p.joint
  %p.active = getelementptr i64, ptr %region, i64 {ACTIVE}
  store atomic i64 %joint.any, ptr %p.active monotonic, align 8
  %status = getelementptr i64, ptr %region, i64 {STATUS}
  store i64 0, ptr %status
  %patches.end = getelementptr [{len(PATCH)} x i64], ptr %patches, i64 %patch_count
  %launches.end = getelementptr [{len(LAUNCH_RECORD)} x i64], ptr %launches, i64 %launch_count
  br label %patching
patching:
  %patch = phi ptr [%patches, %entry], [%patch.next, %patched]
  %all.patched = icmp eq ptr %patch, %patches.end
  br i1 %all.patched, label %launching, label %patched
patched:
  %destination = load ptr, ptr %patch
  %p.slot = getelementptr i64, ptr %patch, i64 1
  %p.offset = getelementptr i64, ptr %patch, i64 2
  %slot = load i64, ptr %p.slot
  %offset = load i64, ptr %p.offset
  %p.base = getelementptr i64, ptr %table, i64 %slot
  %base = load i64, ptr %p.base
  %address = add i64 %base, %offset
  store i64 %address, ptr %destination
  %patch.next = getelementptr i64, ptr %patch, i64 {len(PATCH)}
  br label %patching
launching:
  %launch = phi ptr [%launches, %patching], [%launch.next, %launched]
  %all.launched = icmp eq ptr %launch, %launches.end
  br i1 %all.launched, label %exit, label %start
start:
  %p.items = getelementptr i64, ptr %launch, i64 1
  %p.parallel = getelementptr i64, ptr %launch, i64 2
  %parallel = load i64, ptr %p.parallel
  %alone = icmp eq i64 %parallel, 0
  br i1 %alone, label %serial, label %joint
serial:
  %tasks = load ptr, ptr %launch
  %items = load i64, ptr %p.items
  call void @items(ptr %tasks, i64 0, i64 %items)
  br label %launched
joint:
  call void @together(ptr %region, ptr %launch)
  br label %launched
launched:
  %launch.next = getelementptr i64, ptr %launch, i64 {len(LAUNCH_RECORD)}
  %fault = load i64, ptr %status
  %fine = icmp eq i64 %fault, 0
  br i1 %fine, label %launching, label %exit
exit:
  store atomic i64 0, ptr %p.active monotonic, align 8
  %code = load i64, ptr %status
  ret i64 %code
}}
"""

# i64 work(ptr region, i64 number, i64 generation, i64 rounds): gives OVER when the generation is over, IDLE after these
# rounds without a launch while no plan that has such is at work, TIRED where one is at work and keeps it waiting.
WORK = f"""
define i64 @kernel(ptr %region, i64 %number, i64 %generation, i64 %rounds) nounwind {{
entry:
  %p.workers = getelementptr i64, ptr %region, i64 {WORKERS}
  %p.generation = getelementptr i64, ptr %region, i64 {GENERATION}
  %p.active = getelementptr i64, ptr %region, i64 {ACTIVE}
  br label %spin
spin:
  %done = phi i64 [-1, %entry], [%done, %idle], [%done, %stay], [%phase, %leave]
  %left = phi i64 [%rounds, %entry], [%left.next, %idle], [%rounds, %stay], [%rounds, %leave]
  %stays = phi i64 [0, %entry], [%stays, %idle], [%stays.next, %stay], [0, %leave]
  %seen = load atomic i64, ptr %region monotonic, align 8
  %seen.phase = lshr i64 %seen, 9
  %seen.odd = and i64 %seen.phase, 1
  %open = icmp eq i64 %seen.odd, 0
  %new = icmp ne i64 %seen.phase, %done
  %workers = load atomic i64, ptr %p.workers monotonic, align 8
  %wanted = icmp sle i64 %number, %workers
  %fresh = and i1 %open, %new
  %go = and i1 %fresh, %wanted
  br i1 %go, label %enter, label %check
check:
  %current = load atomic i64, ptr %p.generation monotonic, align 8
  %over = icmp ne i64 %current, %generation
  br i1 %over, label %stop, label %pause
pause:
  {PAUSE}
  %left.next = sub i64 %left, 1
  %tired = icmp sle i64 %left.next, 0
  br i1 %tired, label %tired.now, label %idle
idle:
  br label %spin
tired.now:
  %active = load atomic i64, ptr %p.active monotonic, align 8
  %some = icmp ne i64 %active, 0
  %needed = and i1 %some, %wanted
  %stays.next = add i64 %stays, 1
  %patient = icmp sle i64 %stays.next, {STAYS}
  br i1 %needed, label %busy, label %rest
busy:
  br i1 %patient, label %stay, label %give.up
stay:
  call void @offer(ptr %region)
  br label %spin
enter:
  %gate = atomicrmw add ptr %region, i64 1 seq_cst
  %phase = lshr i64 %gate, 9
  %odd = and i64 %phase, 1
  %late = icmp ne i64 %odd, 0
  br i1 %late, label %leave, label %join
join:
  call void @share(ptr %region)
  br label %leave
leave:
  %left.gate = atomicrmw sub ptr %region, i64 1 seq_cst
  br label %spin
stop:
  ret i64 {OVER}
rest:
  ret i64 {IDLE}
give.up:
  ret i64 {TIRED}
}}
"""

run_kernel = Kernel(HEAD + RUN, lambda: HEAD + RUN)
work_kernel = Kernel(HEAD + WORK, lambda: HEAD + WORK)
