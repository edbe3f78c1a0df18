/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/slurm_names.h"

#include <string.h>
#include <strings.h>

/* Not modelled, though a schedule may depend on it. */
const char slurm_keys_that_matter[] =
    " AccountingStorageEnforce AllowSpecResourcesUsage BurstBufferType CompleteWait"
    " CoreSpecPlugin DefCpuPerGPU DefMemPerCPU DefMemPerGPU DefMemPerNode"
    " DependencyParameters DisableRootJobs EnforcePartLimits FederationParameters"
    " GresTypes InactiveLimit JobRequeue JobSubmitPlugins KillWait Licenses MaxArraySize"
    " MaxJobCount MaxMemPerCPU MaxMemPerNode MaxNodeCount MaxStepCount MCSParameters"
    " MCSPlugin NodeFeaturesPlugins PreemptExemptTime PreemptMode PreemptType"
    " PriorityParameters PrioritySiteFactorParameters PrioritySiteFactorPlugin"
    " PriorityUsageResetPeriod PriorityWeightAssoc PriorityWeightTRES RequeueExit"
    " RequeueExitHold ResumeRate ResumeTimeout ResvOverRun"
    " SchedulerTimeSlice SuspendExcNodes SuspendExcParts SuspendRate"
    " SuspendTime SuspendTimeout TopologyParam TopologyPlugin"
    " ";

/* Of daemons, files, logs, accounts and security. */
const char slurm_keys_without_effect[] =
    " ReturnToService SlurmdTimeout"
    " AccountingStorageBackupHost AccountingStorageExternalHost AccountingStorageHost"
    " AccountingStorageParameters AccountingStoragePass AccountingStoragePort"
    " AccountingStorageTRES AccountingStorageType AccountingStorageUser"
    " AccountingStoreFlags Accrue AcctGatherEnergyType AcctGatherFilesystemType"
    " AcctGatherInfinibandType AcctGatherInterconnectType AcctGatherNodeFreq"
    " AcctGatherProfileType Agent ALLOC ANY AuthAltParameters AuthAltTypes AuthInfo"
    " AuthType Backfill BackfillMap BackupAddr BackupController BatchStartTimeout"
    " BcastExclude BcastParameters BurstBuffer CacheGroups CertmgrParameters CertmgrType"
    " Cgroup CheckGhalQuiesce CheckpointType CliFilterPlugins ClusterName"
    " CommunicationParameters Conservative ConstrainRAMSpace ControlAddr ControlMachine"
    " CpuFreqDef CpuFreqGovernors CpuFrequency CredType CryptoType CYCLE Data"
    " DataParserParameters DebugFlags Dependency DisableIPv4 EioTimeout Elasticsearch"
    " EnableIPv6 Energy Epilog EpilogMsgTime EpilogSlurmctld ExtSensors ExtSensorsFreq"
    " ExtSensorsType FairShareDampeningFactor FastSchedule Federation FirstJobId"
    " FrontEnd Gang GetEnvTimeout Gres GroupUpdateForce GroupUpdateTime HashPlugin"
    " HealthCheckInterval HealthCheckNodeState HealthCheckProgram Hetjob IDLE"
    " InteractiveStepOptions JobAccountGather JobAcctGatherFrequency JobAcctGatherParams"
    " JobAcctGatherType JobCheckpointDir JobCompHost JobCompLoc JobCompParams"
    " JobCompPass JobCompPort JobCompType JobCompUser JobContainer JobContainerType"
    " JobCredentialPrivateKey JobCredentialPublicCertificate JobFileAppend KillOnBadExit"
    " LaunchParameters LaunchType License LogTimeFormat MailDomain MailProg"
    " MaxBatchRequeue MaxDBDMsgs MaxJobId MaxTasksPerNode MemLimitEnforce MessageTimeout"
    " MinJobAge MIXED MpiDefault MpiParams NamespaceType Network NetworkRaw NoAddrCache"
    " NoCtldInAddrAny NodeFeatures NoInAddrAny OCIParameters OnDemand Performance"
    " PluginDir PlugStackConfig Power PowerParameters PowerPlugin PowerSave"
    " PrEpParameters PrEpPlugins Priority PrivateData ProctrackType Profile Prolog"
    " PrologEpilogTimeout PrologFlags PrologSlurmctld PropagatePrioProcess"
    " PropagateResourceLimits PropagateResourceLimitsExcept Protocol RebootProgram"
    " ReconfigFlags Reservation ResumeFailProgram ResumeProgram ResvEpilog ResvProlog"
    " Route RoutePlugin SbcastParameters SchedUtil Script ScronParameters SlurmctldAddr"
    " SlurmctldDebug SlurmctldHost SlurmctldLogFile SlurmctldParameters SlurmctldPidFile"
    " SlurmctldPlugstack SlurmctldPort SlurmctldPrimaryOffProg SlurmctldPrimaryOnProg"
    " SlurmctldSyslogDebug SlurmctldTimeout SlurmdDebug SlurmdLogFile SlurmdParameters"
    " SlurmdPidFile SlurmdPort SlurmdSpoolDir SlurmdSyslogDebug SlurmdUser"
    " SlurmSchedLogFile SlurmSchedLogLevel SlurmUser SrunEpilog SrunPortRange SrunProlog"
    " StateSaveLocation Steps SuspendProgram Switch SwitchParameters SwitchType"
    " TaskEpilog TaskPlugin TaskPluginParam TaskProlog TCPTimeout TimeCray TLSParameters"
    " TLSType TmpFS TraceJobs TrackWCKey TreeWidth Triggers UnkillableStepProgram"
    " UnkillableStepTimeout UsePAM UserSpace UseSpecResources VSizeFactor WaitTime"
    " WorkQueue X11Parameters"
    " ";

/* Of SchedulerParameters. */
const char slurm_parameters_that_matter[] =
    " allow_zero_lic assoc_limit_stop bb_array_stage_cnt bf_allow_magnetic_slot"
    " bf_busy_nodes bf_hetjob_immediate bf_hetjob_prio bf_licenses bf_max_job_array_resv"
    " bf_min_prio_reserve bf_one_resv_per_job bf_running_job_reserve bf_topopt_enable"
    " bf_window_linear delay_boot enable_user_top extra_constraints max_array_tasks"
    " max_switch_wait pack_serial_at_end partition_job_depth preempt_reorder_count"
    " preempt_strict_order preempt_youngest_first reduce_completing_frag"
    " sched_max_job_start spec_cores_first time_min_as_soft_limit whole_hetjob"
    " ";

/* The time that decisions take; the life of jobs. */
const char slurm_parameters_without_effect[] =
    " batch_sched_delay bf_continue bf_max_time bf_node_space_size bf_yield_interval"
    " bf_yield_rpc_cnt bf_yield_sleep build_queue_timeout correspond_after_task_cnt"
    " defer defer_batch disable_hetjob_steps disable_job_shrink enable_hetjob_steps"
    " enable_job_state_cache ignore_constraint_validation Ignore_NUMA"
    " ignore_prefer_validation max_rpc_cnt max_sched_time max_script_size"
    " max_submit_line_size no_backup_scheduling no_env_cache nohold_on_prolog_fail"
    " requeue_setup_env_fail salloc_wait_nodes sbatch_wait_nodes sched_min_interval"
    " step_retry_count step_retry_time"
    " ";

/* Lines of machines: first keys. */
const char slurm_machine_keys[] = " DownNodes FrontendName NodeName NodeSet PartitionName ";

bool slurm_is_one_of(const char *name, const char *words)
{
    const size_t len = strlen(name);
    for (const char *at = words; *at; at++)
        if (*at == ' ' && strncasecmp(at + 1, name, len) == 0 && at[1 + len] == ' ')
            return len > 0;
    return false;
}
