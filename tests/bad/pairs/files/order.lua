function score(job, tenant, now)
    return job.request
end
