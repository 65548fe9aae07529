"""What generated policies and events speak of: names as real accounts have them."""

SERVICES = {
    "s3": """GetObject PutObject ListBuckets GetBucketAcl GetBucketPolicy PutBucketPolicy DeleteBucketPolicy
        PutBucketAcl GetBucketLocation CreateBucket DeleteBucket PutBucketVersioning GetBucketTagging""",
    "ec2": """DescribeInstances RunInstances TerminateInstances StopInstances StartInstances
        AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress CreateSecurityGroup
        DeleteSecurityGroup CreateVpc DeleteVpc CreateSubnet CreateRouteTable ReplaceRoute DeleteRoute
        CreateInternetGateway AttachInternetGateway CreateNetworkAclEntry GetPasswordData ModifyInstanceAttribute
        DescribeSecurityGroups CreateTags DeleteTags CreateSnapshot ModifySnapshotAttribute CreateNatGateway""",
    "iam": """CreateUser DeleteUser CreateRole DeleteRole AttachRolePolicy DetachRolePolicy PutRolePolicy
        DeleteRolePolicy AttachUserPolicy PutUserPolicy CreatePolicy DeletePolicy CreateAccessKey DeleteAccessKey
        UpdateAccessKey CreateLoginProfile UpdateAssumeRolePolicy PassRole ListRoles GetUser""",
    "kms": "Decrypt Encrypt GenerateDataKey CreateKey DisableKey ScheduleKeyDeletion PutKeyPolicy RotateKey CreateGrant",
    "sts": "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity GetCallerIdentity GetSessionToken",
    "ssm": "PutParameter GetParameter GetParameters DeleteParameter SendCommand StartSession UpdateInstanceInformation",
    "secretsmanager": "CreateSecret GetSecretValue PutSecretValue DeleteSecret RotateSecret UpdateSecret ListSecrets",
    "lambda": "CreateFunction20150331 UpdateFunctionCode20150331v2 Invoke DeleteFunction20150331 AddPermission20150331v2",
    "cloudtrail": "CreateTrail UpdateTrail DeleteTrail StopLogging StartLogging PutEventSelectors LookupEvents",
    "config": "PutConfigRule DeleteConfigRule StopConfigurationRecorder DeleteDeliveryChannel PutEvaluations",
    "rds": "CreateDBInstance DeleteDBInstance ModifyDBInstance CreateDBSnapshot ModifyDBSnapshotAttribute",
    "eks": "CreateCluster DeleteCluster UpdateClusterConfig CreateNodegroup AccessKubernetesApi",
    "guardduty": "CreateDetector DeleteDetector UpdateDetector ListFindings GetFindings CreateFilter",
    "organizations": "CreateAccount MoveAccount AttachPolicy DetachPolicy LeaveOrganization DescribeOrganization",
    "signin": "ConsoleLogin SwitchRole CheckMfa ExitRole",
}
SERVICES = {service: names.split() for service, names in SERVICES.items()}
CALLS = [(service, name) for service, names in SERVICES.items() for name in names]

TEAMS = """shop checkout search payments identity network platform data reporting mobile web crm billing
    logistics fraud risk treasury hr legal marketing storage compute observability backup""".split()
TASKS = """deploy backup scan rotate sync build release audit report migrate import export monitor patch
    provision cleanup index transcode notify archive""".split()
REGIONS = """us-east-1 us-east-2 us-west-2 eu-west-1 eu-central-1 eu-central-2 eu-north-1 ap-southeast-1
    ap-southeast-2 ap-northeast-1 sa-east-1 ca-central-1""".split()
CONTROLS = [
    f"{service}.{number}"
    for service, count in {
        "S3": 22, "EC2": 60, "IAM": 28, "KMS": 5, "RDS": 40, "Lambda": 6, "CloudTrail": 10, "ECS": 16,
        "EKS": 9, "ELB": 17, "GuardDuty": 13, "SSM": 7, "SecretsManager": 5, "SNS": 4, "SQS": 3, "WAF": 12,
    }.items()
    for number in range(1, count + 1)
]
RESOURCE_TYPES = """AwsS3Bucket AwsEc2Instance AwsEc2SecurityGroup AwsIamRole AwsIamUser AwsKmsKey AwsRdsDbInstance
    AwsLambdaFunction AwsEksCluster AwsEcsTaskDefinition AwsAccount""".split()
GUARDDUTY_TYPES = """Recon:EC2/PortProbeUnprotectedPort UnauthorizedAccess:EC2/SSHBruteForce
    UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B Policy:IAMUser/RootCredentialUsage Recon:EC2/Portscan
    CryptoCurrency:EC2/BitcoinTool.B!DNS Trojan:EC2/DNSDataExfiltration Discovery:S3/MaliciousIPCaller
    Persistence:IAMUser/AnomalousBehavior Impact:EC2/PortSweep""".split()
ERRORS = "AccessDenied Client.UnauthorizedOperation NoSuchBucketPolicy ThrottlingException ValidationException".split()

# The accounts of the real events; no generated policy is scoped to them alone.
EVENT_ACCOUNTS = ["123837392027", "123456789012", "111122223333"]


def account(number):
    return f"{200_000_000_000 + number * 7_919:012d}"


ACCOUNTS = [account(number) for number in range(2_000)]
