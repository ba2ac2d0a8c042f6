/**
 * Databases, queues, search and backups.
 *
 * @module
 */
import {
  all,
  any,
  byCondition,
  byPhase,
  ELSE,
  first,
  has,
  is,
  isNot,
  kindsOf,
  message,
  oneOf,
  type Rules,
} from "./language.ts";

const ELASTIC: Rules["clauses"] = [
  ["Degraded", "status.phase == 'Invalid'"],
  ["Progressing", "has(status.phase) && status.phase != 'Ready'"],
  ["Degraded", "status.health == 'red'"],
  ["Progressing", "status.health == 'yellow'"],
];
/** All nodes of up to twelve sets: CEL cannot add up a list. */
const WANTED_NODES = Array.from(
  { length: 12 },
  (_, set) => `(size(spec.nodeSets) > ${set} ? spec.nodeSets[${set}].count : 0)`,
).join(" + ");
const MINIO_ILL = [
  "Another MinIO Tenant already exists in the namespace",
  "Different versions across MinIO Pools",
  "Pool Decommissioning Not Allowed",
  "Statefulset not controlled by operator",
  "Tenant credentials are not set properly",
];

/** Rules. */
export const DATA: readonly Rules[] = [
  {
    kinds: ["acid.zalan.do/postgresql"],
    clauses: [
      ["Healthy", "status.PostgresClusterStatus == 'Running'", "status.PostgresClusterStatus"],
      [
        "Progressing",
        oneOf("status.PostgresClusterStatus", "Creating", "Updating"),
        "status.PostgresClusterStatus",
      ],
      ["Degraded", "has(status.PostgresClusterStatus)", "status.PostgresClusterStatus"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["postgresql.cnpg.io/Cluster"],
    clauses: [
      ["Suspended", is("cnpg.io/hibernation"), message("cnpg.io/hibernation")],
      ["Suspended", "metadata.annotations['cnpg.io/reconciliationLoop'] == 'disabled'"],
      ["Healthy", all("status.phase == 'Cluster in healthy state'", is("Ready"))],
      [
        "Degraded",
        "status.phase.matches('(?i)fail|unrecoverable|not enough|unable|error|cannot')",
        "status.phaseReason",
      ],
      ["Progressing", ELSE, "status.phaseReason"],
    ],
  },
  {
    kinds: ["pxc.percona.com/PerconaXtraDBCluster"],
    clauses: [
      ["Progressing", "status.state == 'initializing'"],
      ["Healthy", "status.state == 'ready'"],
      ["Degraded", oneOf("status.state", "error", "stopping"), "status.message[0]"],
      ["Unknown", "has(status.state)"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["psmdb.percona.com/PerconaServerMongoDB"],
    clauses: [
      ["Healthy", "status.state == 'ready'"],
      ["Progressing", oneOf("status.state", "initializing", "stopping")],
      ["Suspended", "status.state == 'paused'"],
      ["Degraded", "status.state == 'error'", "status.message"],
      ["Unknown", "has(status.state)"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["k8s.mariadb.com/MariaDB", "mariadb.mmontes.io/MariaDB"],
    clauses: [
      ["Healthy", is("Ready"), message("Ready")],
      [
        "Degraded",
        has("c.type == 'Ready' && c.status == 'False' && c.reason == 'Failed'"),
        message("Ready"),
      ],
      ["Progressing", ELSE, message("Ready")],
    ],
  },
  {
    kinds: kindsOf("k8s.mariadb.com", "Backup SqlJob Restore"),
    clauses: [
      ["Degraded", has("c.type == 'Complete' && c.reason == 'JobFailed'"), message("Complete")],
      ["Healthy", is("Complete")],
      ["Degraded", isNot("Complete"), message("Complete")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf("k8s.mariadb.com", "Database Grant User Connection"),
    clauses: [
      ["Healthy", is("Ready"), message("Ready")],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: [
      "clickhouse.altinity.com/ClickHouseInstallation",
      "clickhouse-keeper.altinity.com/ClickHouseKeeperInstallation",
    ],
    clauses: byPhase("status.status", "Completed", "Failed,Aborted"),
  },
  {
    kinds: ["cassandra.rook.io/Cluster"],
    clauses: [
      ["Healthy", "status.racks.all(r, status.racks[r].members == status.racks[r].readyMembers)"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["solr.apache.org/SolrCloud"],
    clauses: [
      ["Healthy", "size(status.solrNodes) > 0 && status.solrNodes.all(n, n.ready == true)"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["zookeeper.pravega.io/ZookeeperCluster"],
    clauses: [["Healthy", "status.readyReplicas == status.replicas"], ["Progressing", ELSE]],
  },
  {
    kinds: ["elasticsearch.k8s.elastic.co/Elasticsearch"],
    clauses: [
      ...ELASTIC,
      ["Progressing", `status.health == 'green' && status.availableNodes < ${WANTED_NODES}`],
      ["Healthy", "status.health == 'green'"],
      ["Unknown", ELSE],
    ],
  },
  {
    kinds: ["beat.k8s.elastic.co/Beat"],
    clauses: [
      ["Progressing", "has(status.expectedNodes) && !has(status.health)"],
      ...ELASTIC,
      ["Healthy", "status.health == 'green'"],
      ["Unknown", ELSE],
    ],
  },
  {
    kinds: ["logstash.k8s.elastic.co/Logstash"],
    clauses: [...ELASTIC, ["Healthy", "status.health == 'green'"], ["Progressing", ELSE]],
  },
  {
    kinds: kindsOf(
      "core.humio.com",
      "HumioAction HumioAlert HumioIngestToken HumioParser HumioRepository HumioView",
    ),
    clauses: [
      ["Healthy", "status.state == 'Exists'"],
      ["Missing", "status.state == 'NotFound'"],
      ["Degraded", "status.state == 'ConfigError'"],
      ["Unknown", "has(status.state)"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["core.humio.com/HumioCluster"],
    clauses: [
      ["Healthy", "status.state == 'Running'"],
      ["Degraded", "status.state == 'ConfigError'", "status.message"],
      ["Progressing", oneOf("status.state", "Restarting", "Upgrading", "Pending")],
      ["Unknown", "has(status.state)"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "kafka.strimzi.io",
      "Kafka KafkaBridge KafkaConnect KafkaConnector KafkaTopic KafkaUser",
    ),
    clauses: [
      ["Degraded", is("NotReady"), first("c.type == 'NotReady'", "message")],
      ["Healthy", is("Ready")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["kafka.banzaicloud.io/KafkaCluster"],
    clauses: [
      ["Progressing", "status.state in ['ClusterRollingUpgrading', 'ClusterReconciling']"],
      [
        "Degraded",
        all(
          "status.state == 'ClusterRunning'",
          "status.brokersState.exists(b, status.brokersState[b].configurationState != 'ConfigInSync')",
        ),
      ],
      [
        "Degraded",
        "status.cruiseControlTopicStatus == 'CruiseControlTopicReady' && status.brokersState.exists(b, !(status.brokersState[b].gracefulActionState.cruiseControlState in ['GracefulUpscaleSucceeded', 'GracefulDownscaleSucceeded']))",
      ],
      [
        "Healthy",
        "status.state == 'ClusterRunning' && status.cruiseControlTopicStatus == 'CruiseControlTopicReady'",
      ],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["platform.confluent.io/Connector"],
    clauses: [
      [
        "Degraded",
        isNot("platform.confluent.io/app-ready"),
        message("platform.confluent.io/app-ready"),
      ],
      ["Degraded", any("status.failedTasksCount > 0", oneOf("status.connectorState", "FAILED"))],
      ["Healthy", "status.connectorState == 'RUNNING'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "platform.confluent.io",
      "Connect Kafka KsqlDB SchemaRegistry Zookeeper ControlCenter KafkaRestProxy",
    ),
    clauses: [
      ["Healthy", "status.phase == 'RUNNING'"],
      ["Degraded", "status.phase == 'FAILED'"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "rabbitmq.com",
      "Binding Exchange Permission Policy Queue Shovel User Vhost Federation",
    ),
    clauses: [
      ["Healthy", is("Ready")],
      ["Degraded", isNot("Ready"), message("Ready")],
      ["Unknown", ELSE],
    ],
  },
  {
    kinds: ["rabbitmq.com/RabbitmqCluster"],
    clauses: [
      ["Degraded", isNot("ReconcileSuccess"), message("ReconcileSuccess")],
      ["Degraded", isNot("NoWarnings"), message("NoWarnings")],
      ["Healthy", all(is("AllReplicasReady"), is("ClusterAvailable"))],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["ceph.rook.io/CephCluster"],
    clauses: [
      ["Degraded", oneOf("status.ceph.health", "HEALTH_WARN", "HEALTH_ERR")],
      ["Degraded", "status.state == 'Error'", "status.message"],
      ["Healthy", "status.ceph.health == 'HEALTH_OK' && status.state == 'Created'"],
      ["Progressing", ELSE, "status.message"],
    ],
  },
  {
    kinds: ["ceph.rook.io/CephObjectStore"],
    clauses: byPhase("status.phase", "Ready,Connected", "Failure"),
  },
  {
    kinds: ["objectbucket.io/ObjectBucketClaim"],
    clauses: byPhase("status.phase", "Bound", "Failed"),
  },
  {
    kinds: ["ocs.openshift.io/StorageCluster"],
    clauses: [
      ["Degraded", is("Degraded"), message("Degraded")],
      ["Progressing", is("Progressing"), message("Progressing")],
      ["Healthy", is("Available"), message("Available")],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["minio.min.io/Tenant"],
    clauses: [
      ["Healthy", "status.currentState == 'Initialized'", "status.currentState"],
      ["Degraded", oneOf("status.currentState", ...MINIO_ILL), "status.currentState"],
      ["Progressing", ELSE, "status.currentState"],
    ],
  },
  {
    kinds: kindsOf("snapshot.storage.k8s.io", "VolumeSnapshot VolumeSnapshotContent"),
    clauses: [
      ["Degraded", "has(status.error)", "status.error.message"],
      ["Healthy", "status.readyToUse == true"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: kindsOf(
      "astra.netapp.io",
      "Backup ExecHooksRun ResourceBackup ResticVolumeBackup Snapshot",
    ),
    clauses: byPhase("status.state", "Completed", "Failed,Error"),
  },
  { kinds: ["astra.netapp.io/AppVault"], clauses: byPhase("status.state", "available", "failed") },
  {
    kinds: ["astra.netapp.io/Application"],
    clauses: byCondition("Ready"),
  },
  {
    kinds: ["astra.netapp.io/ExecHook"],
    clauses: [["Healthy", "spec.enabled == true"], ["Suspended", "spec.enabled == false"], [
      "Progressing",
      ELSE,
    ]],
  },
  {
    kinds: ["astra.netapp.io/Schedule"],
    clauses: [["Suspended", "spec.enabled == false"], ["Healthy", ELSE]],
  },
  {
    kinds: ["trident.netapp.io/TridentBackendConfig"],
    clauses: [
      [
        "Healthy",
        "status.lastOperationStatus == 'Success' && status.phase == 'Bound'",
        "status.message",
      ],
      ["Degraded", "status.lastOperationStatus == 'Failed'", "status.message"],
      ["Progressing", ELSE],
    ],
  },
  {
    kinds: ["trident.netapp.io/TridentOrchestrator"],
    clauses: [
      ["Healthy", "status.status == 'Installed'", "status.message"],
      ["Degraded", oneOf("status.status", "Error", "Failed"), "status.message"],
      ["Progressing", ELSE, "status.message"],
    ],
  },
];
