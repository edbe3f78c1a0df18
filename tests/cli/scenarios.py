"""Random small scenarios over the whole scenario language, for test_random.py and the trace's test.

SPDX-License-Identifier: GPL-3.0-or-later
"""
import os

ORDERS = ["edf", "expansion", "f1", "f2", "f3", "f4", "fcfs", "laf", "las", "ljf", "priority", "saf", "sjf",
          "unicef", "wfp3"]
PLACEMENTS = ["any", "any", "pack", "spread", "contiguous"]
MINUTE = 60
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../configs")


def name(key):
    """A key as YAML: a path with an index needs quotes."""
    return f"'{key}'" if "[" in str(key) else key


def flow(value):
    """A value as one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def block(value, depth=3, indent=""):
    """A map as YAML: a line a key down to `depth`, on one line below."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict) and item and depth > 0:
            lines += [f"{indent}{key}:", block(item, depth - 1, indent + "  ").rstrip("\n")]
        elif key in ("changes", "jobs", "links") and isinstance(item, list):
            lines.append(f"{indent}{key}:")
            lines += [f"{indent}  - {flow(each)}" for each in item]
        else:
            lines.append(f"{indent}{key}: {flow(item)}")
    return "\n".join(lines) + "\n"


def time(rng, most=600):
    """A duration of whole minutes more often than not, so that instants meet."""
    if rng.random() < 0.7:
        return f"{rng.randint(1, most // MINUTE)} min"
    return f"{rng.randint(1, most)} s"


def order(rng):
    if rng.random() < 0.15:
        factors = rng.sample(["age", "size", "small", "shortness", "expansion", "priority"], 3)
        weighted = {factor: rng.randint(-3, 9) or 1 for factor in factors}
        weighted["max_age"] = "1h"
        return {"weighted": weighted}
    if rng.random() < 0.08:
        return {"lua": {"file": os.path.join(SCRIPTS, "ageing.lua"), "refresh": rng.choice(["0s", "10 min"])}}
    if rng.random() < 0.05:
        return {"las": rng.choice([["1 min"], ["10 min", "1 h", "20 processor-hours"]])}
    return rng.choice(["fcfs", "priority", rng.choice(ORDERS)])


def slurm(rng):
    value = {"interval": rng.choice(["30 s", "7 min", "1 h", "unlimited"]), "window": rng.choice(["10 min", "1 day"]),
             "resolution": rng.choice(["1 s", "1 min", "10 min"]), "depth": rng.choice([1, 3, 50]),
             "per_tenant": rng.choice([1, 2, 9]), "starts": rng.choice([1, 3]), "reservations": rng.choice([1, 4]),
             "reserve_after": rng.choice(["0 s", "5 min"]), "queue_depth": rng.choice([1, 2, 10]),
             "full_interval": rng.choice(["1 min", "10 min", "unlimited"])}
    value = {key: item for key, item in value.items() if rng.random() < 0.4}
    return {"slurm": value} if value else "slurm"


def backfill(rng):
    pick = rng.randrange(9)
    if pick == 8:
        return slurm(rng)
    if pick < 5:
        return ["none", "easy", "easy", "plan", "conservative"][pick]
    reserve = {"reserve": rng.choice([0, 1, 2, 5])}
    if rng.random() < 0.5:
        reserve["order"] = rng.choice(ORDERS)
    return reserve


def scheduler(rng, counting):
    """Of each-event and commit_head, which only count processors, if `counting`."""
    value = {"order": order(rng), "backfill": backfill(rng), "placement": rng.choice(PLACEMENTS)}
    pick = rng.random()
    if pick < 0.12 and counting:
        value.update(decide="each-event", placement="any")
    elif pick < 0.24 and counting:
        value.update(commit_head=True, placement="any", backfill=rng.choice(["none", "easy"]))
    elif pick < 0.36:
        value["decide"] = {"every": rng.choice(["1 min", "7 min", "30 min"])}
    if not value.get("commit_head") and value.get("decide") != "each-event" and \
            value["backfill"] != "conservative" and value["placement"] != "contiguous" and rng.random() < 0.3:
        value["reclaim"] = "newest"
    if "decide" in value and ("slurm" in value["backfill"] or value["backfill"] == "conservative"):
        value["backfill"] = "plan"  # these decide at each instant
    if rng.random() < 0.2:
        value["overrun"] = "extend"
    if rng.random() < 0.15:
        value["max_queued"] = rng.choice([0, 1, 3, 10])
    if rng.random() < 0.1:
        value["max_processors"] = rng.randint(1, 12)
    return value


def windows(rng, part, hours):
    groups = part.get("groups", [part])
    value = []
    for _ in range(rng.randint(1, 3)):
        window = {"from": f"{rng.randint(0, hours * 60)} min"}
        if rng.random() < 0.6:
            window["length"] = f"{rng.randint(1, 240)} min"
        else:
            window["until"] = f"{int(window['from'].split()[0]) + rng.randint(1, 240)} min"
        if rng.random() < 0.4:
            window["every"] = rng.choice(["6h", "1 day", "5h", "1 month"])
        if len(groups) > 1 and rng.random() < 0.7:
            window["group"] = rng.randrange(len(groups))
        there = groups[window.get("group", 0)]["nodes"]
        if rng.random() < 0.7 and there > 0:
            window["nodes"] = rng.randint(1, min(4, there))
            if len(groups) > 1:
                window.setdefault("group", 0)
        value.append(window)
    return value


def memory(rng):
    """Of a processor; of a node so much for each of four."""
    return rng.choice(["0 B", "1 GB", "2 GB", "3 GB", "8 GB", "500 MB"])


def reservations(rng, hours):
    """Of the only group of a partition; tenants t0 and t1 are mostly there."""
    value = []
    for _ in range(rng.randint(1, 2)):
        one = {"tenant": "t0", rng.choice(["nodes", "processors"]): rng.randint(1, 2)}
        one["from"] = f"{rng.randint(0, hours * 60)} min"
        one["length"] = f"{rng.randint(1, 240)} min"
        if rng.random() < 0.5:
            one["every"] = rng.choice(["6h", "1 day", "1 h"])
        value.append(one)
    return value


def reserve(rng, part, scheduler, hours):
    """Where the language allows it: nothing but processors counted, nodes enough, no overrun."""
    if "nodes" not in part or part["nodes"] < 4:
        return
    part.pop("maintenance", None)
    ruled = dict(part.get("scheduler", scheduler), placement="any")
    for key in ("commit_head", "overrun", *(["decide"] if ruled.get("decide") == "each-event" else [])):
        ruled.pop(key, None)
    part["scheduler"] = ruled
    part["reservations"] = reservations(rng, hours)
    if "tenants" in part and "t0" not in part["tenants"]:
        part["tenants"].append("t0")


def keep(rng, centre, parts, tenants):
    """One partition for those who name it, who must, and perhaps others."""
    name = rng.choice(list(parts))
    parts[name]["tenants"] = [
        tenant for tenant, plan in tenants.items() if rng.random() < 0.3 or plan["home"] == centre and (
            len(parts) == 1 or f"partition: {name}" in flow(plan))]
    if not parts[name]["tenants"]:
        del parts[name]["tenants"]


def partition(rng, hours, counting):
    value = {}
    groups = 1
    if rng.random() < 0.35:
        groups = rng.randint(1, 3)
        value["groups"] = [{"nodes": rng.randint(0 if i else 1, 5),
                            "processors_per_node": rng.choice([1, 2, 4, 8])} for i in range(groups)]
    else:
        value["nodes"] = rng.randint(1, 10)
        value["processors_per_node"] = rng.choice([1, 1, 2, 4])
    for each in value.get("groups", [value]):
        if rng.random() < 0.5 and not counting:
            each["memory_per_node"] = rng.choice(["4 GB", "8 GB", "10 GB"])
    if rng.random() < 0.3:
        value["maintenance"] = windows(rng, value, hours)
    if rng.random() < 0.4:
        value["scheduler"] = scheduler(rng, counting)
    return value


def runtime(rng):
    return rng.choice([
        {"exponential": time(rng, 7200)},
        {"uniform": ["0 min", time(rng, 7200)]},
        {"lognormal": {"median": time(rng, 3600), "sigma": 0.8, "max": "1 day"}},
        {"choice": ["10 min", "10 min", "20 min", "0 s", "1 h"]},
        time(rng, 3600),
    ])


def operations(rng):
    """Operations of a job: minutes to hours on the processors below."""
    pick = rng.randrange(4)
    if pick == 0:
        return f"{rng.randint(1, 40)} TFLOPS-h"
    if pick == 1:
        return {"amount": {"exponential": "3 PFLOP"}, "efficiency": 0.5}
    if pick == 2:
        return {"llm": {"parameters": {"choice": {1e9: 2, 3e9: 1}}, "tokens": "400k", "mfu": 0.4,
                        "recompute": rng.random() < 0.5}}
    return {"amount": {"choice": ["0 FLOP", "600 TFLOP", "9 PFLOP"]}, "precision": "fp64"}


PROCESSORS = {"fast": {"fp16": "3 TFLOPS", "fp64": "2 TFLOPS"}, "slow": {"fp16": "1 TFLOPS", "fp64": "300 GFLOPS"}}


def request_of_work(rng):
    return rng.choice(["exact", {"factor": {"uniform": [0.5, 3]}}, {"time": {"uniform": ["1 min", "3 h"]}}, "1 h"])


def by_work(rng, value):
    """The same jobs, now given by work."""
    if "arrival" in value:
        del value["runtime"]
        value.update(work=operations(rng), request=request_of_work(rng))
    for job in value.get("jobs", []):
        if rng.random() < 0.6:
            del job["runtime"]
            job["work"] = operations(rng)


def request(rng):
    return rng.choice([
        "exact", {"factor": {"uniform": [0.5, 3]}}, {"factor": 2},
        {"modal": {"values": ["10 min", "30 min", "1 h", "4 h"]}},
        {"time": {"uniform": ["1 min", "3 h"]}}, {"time": "1 h"},
    ])


def size(rng):
    return rng.choice([1, 2, {"choice": {1: 5, 2: 3, 4: 2, 8: 1, 40: 0.1}}, {"uniform": [1, 6]}])


def arrival(rng, hours):
    pick = rng.randrange(4)
    if pick == 0:
        value = {"poisson": f"{rng.randint(1, 12)} per h"}
        if rng.random() < 0.4:
            value["profile"] = {"hour_of_day": [rng.randint(0, 3) + (h == 12) for h in range(24)]}
        if rng.random() < 0.2:
            value["growth"] = "50 %/year"
    elif pick == 1:
        value = {"renewal": {"gamma": {"shape": 0.5, "mean": f"{rng.randint(2, 30)} min"}}}
    else:
        value = {"every": rng.choice(["10 min", "15 min", "1 h"])}
        if rng.random() < 0.5:
            value["jitter"] = {"uniform": ["0 min", rng.choice(["1 min", "2 h"])]}
    if rng.random() < 0.2:
        value["from"] = f"{rng.randint(0, hours)} h"
    if rng.random() < 0.2:
        value["until"] = f"{rng.randint(hours + 1, 2 * hours + 1)} h"
    return value


def written(rng, hours, counting):
    jobs = []
    for _ in range(rng.randint(1, 40)):
        job = {"submit": f"{rng.randint(0, hours * 60)} min"}
        job["nodes" if rng.random() < 0.2 and not counting else "processors"] = rng.choice([1, 1, 2, 3, 4, 6, 12])
        if rng.random() < 0.4 and not counting:
            job["memory" if "processors" in job else "memory_per_node"] = memory(rng)
        job["runtime"] = rng.choice(["0 s", time(rng, 7200), time(rng, 600)])
        if rng.random() < 0.6:
            job["request"] = rng.choice(["0 s", time(rng, 7200), "unlimited"])
        if rng.random() < 0.1:
            job["deadline"] = time(rng, 7200)
        if rng.random() < 0.1:
            job["count"] = rng.randint(2, 6)
        jobs.append(job)
    return jobs


def log_text(rng, hours):
    rows = ["; Version: 2.2", "; MaxProcs: 16"]
    clock = 0
    for number in range(1, rng.randint(2, 80)):
        clock += rng.choice([0, 0, 60, rng.randint(1, 1800)])
        late = rng.choice([0, 0, 0, -90])
        ran = rng.choice([-1, 0, 60, rng.randint(1, 7200), rng.randint(1, 7200)])
        asked = rng.choice([-1, 0, 600, 7200, ran])
        procs = [rng.choice([-1, 1, 2, 4, 8, 16, 30]) for _ in range(2)]
        rows.append(f"{number} {max(clock + late, 0)} {rng.randint(-1, 99)} {ran} {procs[0]} -1 -1 "
                    f"{procs[1]} {asked} {rng.choice([-1, 1000000, 3000000])} 1 {rng.randint(1, 5)} {rng.randint(1, 2)} -1 1 1 -1 -1")
    return "\n".join(rows) + "\n"


def log_workload(rng, folder, name, hours, counting):
    path = os.path.join(folder, name + ".swf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(log_text(rng, hours))
    value = {"log": name + ".swf", "drop": "unusable"}
    if rng.random() < 0.5:
        value["missing"] = {"request": rng.choice(["runtime", "drop", "2h"])}
    if rng.random() < 0.5:
        value["size"] = rng.choice(["requested", "allocated", "max"])
    if rng.random() < 0.3:
        value["load"] = {rng.choice(["gaps", "runtimes", "resample"]): rng.choice([0.5, 1.3, 2])}
    if rng.random() < 0.3:
        value["window"] = rng.choice([{"from_job": 2, "jobs": 20}, {"from": "1 h"}])
    if rng.random() < 0.3:
        value["replicate"] = rng.choice([{"shake": "10min"}, {"resample": "users", "by": "day"}])
    if rng.random() < 0.3:
        value["request"] = rng.choice(["exact", {"factor": {"uniform": [1, 3]}}])
    if rng.random() < 0.3:
        value["shift"] = "to-start"
    if rng.random() < 0.4 and not counting:
        value["memory"] = "requested"
    return value


def ending(works, hours):
    """Where counted jobs are to drain, arrivals end: an overload would last for ever."""
    for work in works.values():
        if "arrival" in work:
            work["arrival"]["until"] = f"{hours + 2} h"


def workload(rng, folder, name, hours, places, counting):
    pick = rng.randrange(10)
    if pick < 4:
        value = {"jobs": written(rng, hours, counting)}
    elif pick < 6:
        value = log_workload(rng, folder, name, hours, counting)
    else:
        value = {"arrival": arrival(rng, hours), "runtime": runtime(rng), "request": request(rng)}
        if rng.random() < 0.2 and not counting:
            value["nodes"] = rng.choice([1, 2, {"uniform": [1, 3]}])
        else:
            value["processors"] = size(rng)
        if rng.random() < 0.4 and not counting:
            value["memory" if "processors" in value else "memory_per_node"] = rng.choice(
                [memory(rng), {"uniform": ["0 B", "4 GB"]}, {"choice": [memory(rng), memory(rng)]}])
        if rng.random() < 0.3:
            value["batch"] = rng.choice([2, {"uniform": [1, 3]}])
    if len(places) > 1 or rng.random() < 0.2:
        value["partition"] = rng.choice([*places, "any", "any"])
    if rng.random() < 0.3:
        value["priority"] = rng.choice(["high", "medium", "low"])
    if rng.random() < 0.3:
        value["deadline"] = rng.choice(["2h", {"uniform": ["0 min", "10 h"]}])
    return value


def tenant_paths(tenants, above="tenants"):
    """Path and map of each tenant, those below others too."""
    for name, plan in tenants.items():
        path = f"{above}.{name}"
        yield path, plan
        yield from tenant_paths(plan.get("tenants", {}), path + ".tenants")


def terms(rng, tenant, hours):
    """What a tenant may have, and when it is there."""
    if rng.random() < 0.4:
        tenant["share"] = rng.choice([0.5, 1, 3, 20])
    if rng.random() < 0.3:
        quota = {"processors": rng.choice([0, 2, 8, 30]), "jobs": rng.choice([1, 3, "unlimited"]),
                 "queued": rng.choice([2, 10, "unlimited"]),
                 "processor_hours": {"limit": rng.choice([0, 1, 20]), "per": rng.choice(["run", "6h", "month", "1 day"])}}
        tenant["quota"] = {key: quota[key] for key in rng.sample(list(quota), rng.randint(1, 3))}
    if "quota" not in tenant and rng.random() < 0.3:
        tenant["guarantee"] = rng.choice([{"processors": 2, "lend": 1}, {"share": "30%", "borrow": 2}, {"processors": 1, "lend": 0},
                                          {"processors": 4}])
    often, first = 0.4 if "guarantee" in tenant else 0.15, 0
    if rng.random() < often:
        first = rng.randint(0, hours * 60 - 1)
        tenant["join"] = f"{first} min"
    if rng.random() < often:
        tenant["leave"] = f"{rng.randint(first + 1, hours * 60)} min"
    if rng.random() < 0.1:
        tenant.update(location="remote", sector="weather")


def limits(rng):
    """A quota of a QOS."""
    quota = {"processors": rng.choice([0, 2, 8]), "jobs": rng.choice([1, 3]), "queued": rng.choice([2, 10]),
             "processor_hours": {"limit": rng.choice([1, 20]), "per": rng.choice(["run", "6h", "1 day"])},
             "max_processors": rng.choice([2, 8]), "max_request": rng.choice(["1h", "6h"])}
    return {key: quota[key] for key in rng.sample(list(quota), rng.randint(1, 3))}


def services(rng, scenario):
    """Some QOS, and who has them: tenants, members of them and workloads."""
    names = [f"q{k}" for k in range(rng.randint(1, 3))]
    scenario["qos"] = {name: {} for name in names}
    for plan in scenario["qos"].values():
        for whose in ("quota", "each"):
            if rng.random() < 0.6:
                plan[whose] = limits(rng)
        if rng.random() < 0.5:
            plan["priority"] = rng.choice(["high", "low"])
    for _, plan in tenant_paths(scenario["tenants"]):
        for has in (plan, *plan.get("workloads", {}).values()):
            if rng.random() < 0.4:
                has["qos"] = rng.choice([*names, "none"])


def members(rng, places, hours, until):
    """Some tenants of one description that draw values of their own."""
    work = {"arrival": {"poisson": "3 per h"}, "runtime": {"exponential": "40 min"}, "processors": 2}
    if until:
        work["arrival"]["until"] = until
    if len(places) > 1:
        work["partition"] = rng.choice(["any", *places])
    value = {"count": rng.randint(1, 4), "each": {"workloads": {"m": work}}}
    if rng.random() < 0.6:
        value["vary"] = {"share": {"uniform": [1, 9]},
                         "workloads.m.arrival.poisson": {"lognormal": {"median": "2/h", "sigma": 1}}}
    if rng.random() < 0.4:
        value["scale"] = {"workloads.m.runtime.exponential": {"uniform": [0.2, 2]}, "workloads.m.processors": 1.4}
    if rng.random() < 0.3:
        value["join"] = {"from": "20 min", "over": f"{hours} h"}
    elif rng.random() < 0.3:
        value["join"] = {"from": "20 min", "growth": "900 %/day", "max": 5}
    return value


def policy(rng):
    pick = rng.choice(["home", "least-wait", "least-wait", "round-robin", "fastest",
                       "nearest-data", "overflow"])
    if pick == "overflow" and rng.random() < 0.7:
        return {"overflow": {"after": rng.choice(["0 s", "30 min", "unlimited"]),
                             "queued": rng.choice(["50 %", 2, "unlimited"])}}
    return pick


def broker(rng, scenario):
    """A broker, links, not always between all, and data of workloads that may have to stay."""
    names = list(scenario["centres"])
    value = {"policy": policy(rng)}
    for key, choices in (("refresh", ["5 min", "2 h"]), ("delay", ["2 min", "1 h"]),
                         ("sees", ["plan", "queue", "free"]), ("knows_own", [True, False]),
                         ("depth", [0, 1, 5])):
        if rng.random() < 0.35:
            value[key] = rng.choice(choices)
    scenario["broker"] = value
    links = []
    for i, a in enumerate(names):
        for b in names[:i]:
            if rng.random() < 0.8:
                links.append({"between": [a, b], "latency": rng.choice(["0 s", "15 ms", "1 min"]),
                              "bandwidth": rng.choice(["10 Gbit/s", "1 Gbit/s", "333 Mbit/s"])})
    if links:
        scenario["links"] = links
    homes, stays_here = {}, {}
    for path, plan in tenant_paths(scenario["tenants"]):
        homes[path] = plan.get("home") or homes[path.rsplit(".tenants.", 1)[0]]
        if rng.random() < 0.2:
            plan["data_may_leave"] = False
        stays_here[path] = not plan.get(
            "data_may_leave", not stays_here.get(path.rsplit(".tenants.", 1)[0], False))
        for work in plan.get("workloads", {}).values():
            if rng.random() < 0.6:
                work["data"] = rng.choice(["1 TB", "30 GB", "0 B", {"lognormal": {
                    "median": "100 GB", "sigma": 2}}, {"choice": ["1 GB", "1 GB", "0 B"]}])
            if rng.random() < 0.3:
                work["data_at"] = rng.choice(names)
            if rng.random() < 0.2:
                work["data_may_leave"] = rng.random() < 0.5
            stays = not work.get("data_may_leave", not stays_here[path])
            if rng.random() < 0.3:
                work["centres"] = rng.sample(names, rng.randint(1, len(names)))
                place = work.get("data_at", homes[path])
                if stays and place not in work["centres"]:
                    work["centres"].append(place)


def asks_nodes(scenario):
    """Does a workload ask whole nodes? (Logs never do here.)"""
    def has(value):
        if isinstance(value, dict):
            return any("nodes" in work for work in value.get("workloads", {}).values()
                       if isinstance(work, dict)) or any(map(has, value.values())) or any(
                           isinstance(job, dict) and "nodes" in job
                           for work in value.get("workloads", {}).values()
                           for job in (work.get("jobs") or []))
        return False
    return has(scenario.get("tenants")) or has(scenario.get("templates"))


def changes(rng, scenario, hours, counting):
    """Dated changes of nodes, of schedulers and of what workloads draw from."""
    value = []
    whole = asks_nodes(scenario)
    text = repr(scenario)
    parts = [set(plan["partitions"]) for plan in scenario["centres"].values()]
    stays = "'data_may_leave': False" in text and "'centres': [" in text  # where data lie must be one of them
    moving = ("guarantee" not in text and "'reservations'" not in text and all(p == parts[0] for p in parts) and not stays
              and not any("tenants" in part for plan in scenario["centres"].values()
                          for part in plan["partitions"].values()))
    for _ in range(rng.randint(1, 4)):
        settings = {}
        for centre, plan in scenario["centres"].items():
            for name, part in plan["partitions"].items():
                path = f"centres.{centre}.partitions.{name}"
                if "reservations" in part:
                    continue
                if rng.random() < 0.5 and "nodes" in part:
                    settings[f"{path}.nodes"] = rng.choice(["+2", "+1", 0, rng.randint(0, 12)])
                elif rng.random() < 0.5 and "groups" in part:
                    settings[f"{path}.groups[0].nodes"] = rng.choice(["+1", rng.randint(0, 6)])
                if rng.random() < 0.3 and not whole:
                    at = path if "nodes" in part else f"{path}.groups[0]"
                    settings[f"{at}.processors_per_node"] = rng.choice([1, 2, 4, 5])
                if rng.random() < 0.3 and "commit_head" not in part.get("scheduler", plan["scheduler"]):
                    settings[f"{path}.maintenance"] = part.get("maintenance", [])[:1] + windows(rng, part, hours)
                if "scheduler" in part and rng.random() < 0.3:
                    settings[f"{path}.scheduler.order"] = order(rng)
            if rng.random() < 0.4:
                deciding = counting or not {"decide", "reclaim"}.isdisjoint(plan["scheduler"])
                settings[f"centres.{centre}.scheduler.backfill"] = (
                    rng.choice(["none", "easy"]) if deciding else backfill(rng))
            if rng.random() < 0.3:
                settings[f"centres.{centre}.scheduler.order"] = order(rng)
            if rng.random() < 0.2:
                settings[f"centres.{centre}.scheduler.max_queued"] = rng.choice([2, "unlimited"])
            reserved = any("reservations" in part for part in plan["partitions"].values())
            if rng.random() < 0.4 and not reserved and not counting:
                choices = ["any", "pack", "spread"]
                if "reclaim" not in plan["scheduler"]:
                    choices.append("contiguous")
                settings[f"centres.{centre}.scheduler.placement"] = rng.choice(choices)
            if rng.random() < 0.2 and not reserved:
                settings[f"centres.{centre}.scheduler.overrun"] = rng.choice(["kill", "extend"])
        for path, plan in tenant_paths(scenario["tenants"]):
            for name, work in plan.get("workloads", {}).items():
                if "partition" in work and rng.random() < 0.2:
                    settings[f"{path}.workloads.{name}.partition"] = rng.choice([work["partition"], "any"])
                if "arrival" in work and rng.random() < 0.4:
                    if "work" in work:
                        settings[f"{path}.workloads.{name}.work"] = operations(rng)
                    else:
                        settings[f"{path}.workloads.{name}.runtime"] = runtime(rng)
            if moving and "home" in plan and rng.random() < 0.4:
                settings[f"{path}.home"] = rng.choice(list(scenario["centres"]))
            if rng.random() < 0.3:
                settings[f"{path}.share"] = rng.choice([0.5, 2, 10])
            if "quota" in plan and rng.random() < 0.3:
                settings[f"{path}.quota.jobs"] = rng.choice([1, 5, "unlimited"])
            if "qos" in scenario and rng.random() < 0.2:
                settings[f"{path}.qos"] = rng.choice([*scenario["qos"], "none"])
        for name in scenario.get("qos", {}):
            if rng.random() < 0.4:
                settings[f"qos.{name}.{rng.choice(['quota', 'each'])}"] = limits(rng)
        if settings:
            value.append({"at": f"{rng.randint(0, hours * 60)} min", "set": settings})
    return value


def generate(rng, folder):
    """A scenario as a map; logs it reads are written into the folder."""
    hours = rng.choice([2, 12, 30])
    scenario = {"jishi": 1, "title": "random", "seed": rng.randrange(1000),
                "time": {"length": f"{hours} h"}}
    if rng.random() < 0.3:
        scenario["time"]["start"] = "2024-02-28T20:00:00+08:00"
    if rng.random() < 0.3:
        scenario["time"]["warmup"] = "30 min"
    measure = {}
    if rng.random() < 0.4:
        measure["after"] = "drain"
    if rng.random() < 0.3:
        measure["periods"] = rng.choice(["year", "month"])
    if measure:
        scenario["measure"] = measure
    if rng.random() < 0.5:
        scenario["series"] = {"step": rng.choice(["10 min", "1 h", "7 min"])}
    centres = {}
    counting = rng.random() < 0.4
    speeds = rng.random() < 0.4
    if speeds:
        scenario["processors"] = PROCESSORS
    brokered = rng.random() < 0.4
    for c in range(rng.choice([2, 3, 4]) if brokered else rng.choice([1, 1, 2])):
        parts = {f"p{k}": partition(rng, hours, counting) for k in range(rng.choice([1, 1, 2, 3]))}
        for part in parts.values():
            if speeds:
                part["processor"] = rng.choice(list(PROCESSORS))
        centres[f"c{c}"] = {"partitions": parts, "scheduler": scheduler(rng, counting)}
        for part in parts.values():
            if "commit_head" in part.get("scheduler", centres[f"c{c}"]["scheduler"]):
                part.pop("maintenance", None)     # it does not look ahead
    scenario["centres"] = centres
    tenants = {}
    for t in range(rng.randint(1, 3)):
        home = rng.choice(list(centres))
        places = list(centres[home]["partitions"])
        works = {f"w{k}": workload(rng, folder, f"log-{t}-{k}", hours, places, counting)
                 for k in range(rng.randint(1, 3))}
        tenants[f"t{t}"] = {"home": home, "workloads": works}
        if "after" in measure:
            ending(works, hours)
        for value in works.values():
            if speeds and rng.random() < 0.5:
                by_work(rng, value)
        if rng.random() < 0.3:
            tenants[f"t{t}"]["priority"] = rng.choice(["high", "low"])
        if all("log" in work for work in works.values()) and rng.random() < 0.7:
            tenants[f"t{t}"]["members"] = {"by": rng.choice(["user", "group"])}
        until = f"{hours + 2} h" if "after" in measure else None
        tree = rng.random() < 0.4
        if tree and rng.random() < 0.5:
            tenants[f"t{t}"]["tenants"] = {"crowd": {"members": members(rng, places, hours, until)}}
        elif tree:
            tenants[f"t{t}"] = {"home": home, "tenants": {"in": tenants[f"t{t}"], "like": {"like": "small"}}}
            work = {"arrival": {"every": "20 min"}, "runtime": "15 min"}
            if until:
                work["arrival"]["until"] = until
            scenario.setdefault("templates", {})["small"] = {"workloads": {"s": work}}
            if len(places) > 1:
                tenants[f"t{t}"]["tenants"]["like"]["workloads"] = {"s": {"partition": "any"}}
        for _, tenant in list(tenant_paths({f"t{t}": tenants[f"t{t}"]})):
            if rng.random() < 0.5:
                terms(rng, tenant, hours)
    scenario["tenants"] = tenants
    if rng.random() < 0.4:
        services(rng, scenario)
    if rng.random() < 0.2:
        scenario["uncertain"] = {"tenants.t0.share": {"uniform": [1, 2], "confidence": "low"}}
        scenario["question"] = {"metric": "wait.p95", "better": "lower", "matters": "15 min"}
        scenario["analysis"] = "steady"
    if brokered:
        broker(rng, scenario)
    for name, centre in centres.items():
        if rng.random() < 0.2:
            keep(rng, name, centre["partitions"], tenants)
        for part in centre["partitions"].values():
            if counting and rng.random() < 0.5:
                reserve(rng, part, centre["scheduler"], hours)
    if rng.random() < 0.4:
        dated = changes(rng, scenario, hours, counting)
        if dated:
            scenario["changes"] = dated
    return scenario


def nothing_to_run(stderr):
    """A log was drawn whose jobs all lie outside its window or before the start, or are those of one
    user and so nothing to resample: rightly refused."""
    return stderr.count("\n") == 1 and (": none of its jobs, submitted from " in stderr
                                        or ": there is nothing to resample, and " in stderr)


def text_of(scenario):
    return block(scenario, 4)
