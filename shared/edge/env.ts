/** The environment of the functions: CDK writes these variables, the composition root reads them. */

export const environment = {
  tableName: 'TABLE_NAME',
  busName: 'BUS_NAME',
  /** The secret under which erased ids are hashed. */
  subjectKey: 'SUBJECT_KEY',
  /** Where the files of exports are. */
  exportsBucket: 'EXPORTS_BUCKET',
} as const;
/** Figures that functions write into their logs, for alarms. */
export const METRICS = { namespace: 'Regulars', segmentDrift: 'SegmentDrift' } as const;
export type EnvironmentName = keyof typeof environment;

/** The variable that holds a workflow's ARN: `metrics-rebuild` is in `WORKFLOW_METRICS_REBUILD`. */
export const workflowVariable = (workflow: string): string => `WORKFLOW_${workflow.toUpperCase().replaceAll('-', '_')}`;

/** The value of a variable. Throws where it is missing or empty, naming it: then the deployment is wrong, not the request. */
export const readVariable = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new Error(`the environment variable ${variable} is not set`);
  return value;
};

export const readEnvironment = (name: EnvironmentName): string => readVariable(environment[name]);

/** What Lambda says of its role, and of where S3 is if not where AWS has it. */
export const readS3Environment = () => ({
  region: readVariable('AWS_REGION'),
  endpoint: process.env['AWS_ENDPOINT_URL_S3'],
  credentials: {
    accessKeyId: readVariable('AWS_ACCESS_KEY_ID'),
    secretAccessKey: readVariable('AWS_SECRET_ACCESS_KEY'),
    sessionToken: process.env['AWS_SESSION_TOKEN'],
  },
});
