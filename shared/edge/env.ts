/** Environment variables of the functions. CDK sets them, the composition roots read them. */

export const environment = {
  tableName: 'TABLE_NAME',
  busName: 'BUS_NAME',
  /** The secret key that ids of erased consumers are hashed with. */
  subjectKey: 'SUBJECT_KEY',
  /** The bucket of export files. */
  exportsBucket: 'EXPORTS_BUCKET',
} as const;
/** Metrics that functions write to their logs for alarms. */
export const METRICS = { namespace: 'Regulars', segmentDrift: 'SegmentDrift' } as const;
export type EnvironmentName = keyof typeof environment;

/** The variable that holds a workflow's ARN: `metrics-rebuild` is in `WORKFLOW_METRICS_REBUILD`. */
export const workflowVariable = (workflow: string): string => `WORKFLOW_${workflow.toUpperCase().replaceAll('-', '_')}`;

/** The value of a variable. Throws an error that names it if it is missing or empty: a fault of the deployment, not of the request. */
export const readVariable = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new Error(`the environment variable ${variable} is not set`);
  return value;
};

export const readEnvironment = (name: EnvironmentName): string => readVariable(environment[name]);

/** Region and credentials that Lambda provides. `endpoint` overrides the S3 endpoint on the local stack. */
export const readS3Environment = () => ({
  region: readVariable('AWS_REGION'),
  endpoint: process.env['AWS_ENDPOINT_URL_S3'],
  credentials: {
    accessKeyId: readVariable('AWS_ACCESS_KEY_ID'),
    secretAccessKey: readVariable('AWS_SECRET_ACCESS_KEY'),
    sessionToken: process.env['AWS_SESSION_TOKEN'],
  },
});
