-- Short jobs first, long ones rising as they wait: the expansion factor, greatest first. The same as
-- `order: expansion`, to start one's own from:  scheduler: {order: {lua: ageing.lua}}
--
-- Called for each waiting job before a pass; gives a number, smaller first. Times are in seconds.
function score(job, tenant, now)
    return -(job.waited + job.request) / job.request
end
