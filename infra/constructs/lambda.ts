/** The Lambda of one capability, with its own role and log group. */
import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface CapabilityLambdaProps {
  code: Code;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
}

/** By capability. */
export type Lambdas = ReadonlyMap<string, CapabilityLambda>;

export class CapabilityLambda extends Construct {
  readonly capability: string;
  readonly lambda: Lambda;
  readonly role: Role;

  constructor(scope: Construct, capability: string, props: CapabilityLambdaProps) {
    super(scope, capability);
    this.capability = capability;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.lambda = new Lambda(this, 'Function', {
      description: `Regulars: ${capability}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code,
      role: this.role,
      logGroup,
      environment: props.environment,
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb,
    });
    Tags.of(this.lambda).add('capability', capability);
  }

  allow(actions: string[], resources: string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources }));
  }
}

/** The function of a capability. Throws if there is none. */
export const lambdaOf = (lambdas: Lambdas, capability: string): CapabilityLambda => {
  const found = lambdas.get(capability);
  if (!found) throw new Error(`there is no function for ${capability}`);
  return found;
};
