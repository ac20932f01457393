"""Deliberate mistakes in bucket, instance, tables, parameters, rules and roles."""

from __future__ import annotations

from tests.template.mistakes.mistake import Mistake

STACK: dict[str, Mistake] = {
    # -- bucket, instance, tables --
    "the bucket is deleted with the stack": Mistake(
        "    Condition: NewBucket\n    DeletionPolicy: Retain\n",
        "    Condition: NewBucket\n",
        "own",
        "PhotoBucket: without DeletionPolicy Retain",
        "People's photos go, or the deletion of the stack is stuck.",
    ),
    "an existing bucket cannot be taken over": Mistake(
        "    Condition: NewBucket\n",
        "",
        "own",
        "cannot be taken over",
        "A second stack cannot be made after the first.",
    ),
    "the bucket is not encrypted": Mistake(
        "      ServerSideEncryptionConfiguration: {SSEAlgorithm: AES256}\n",
        "",
        "own",
        "not encrypted",
        "Photos of people's faces lie there in the clear.",
    ),
    "the lifecycle deletes photos": Mistake(
        "Prefix: submissions/, Status: Enabled",
        "Prefix: people/, Status: Enabled",
        "own",
        "no lifecycle rule for submissions/",
        "What people uploaded is gone after 90 days.",
    ),
    "the lifecycle is shorter than a wait": Mistake(
        "Expiration: {Days: 90}",
        "Expiration: {Days: 1}",
        "own",
        "deletes snapshots before",
        "A set that waits for its training for two days has lost its snapshots.",
    ),
    "exports are kept": Mistake(
        """            Expiration: {Days: 1}
            AbortMultipartUpload: {Days: 1}
""",
        """            Expiration: {Days: 1}
""",
        "own",
        "no lifecycle rule deletes what lies under exports/",
        "A copy of everything that is held about a person stays in parts that no listing shows.",
    ),
    "an index column has another type": Mistake(
        "- {Name: due_at, Type: INTEGER}",
        "- {Name: due_at, Type: STRING}",
        "own",
        "column due_at is not INTEGER",
        "Tablestore refuses every row that the code writes.",
    ),
    "an index column is not declared": Mistake(
        "        - {Name: opened_at, Type: INTEGER}\n",
        "",
        "own",
        "holds opened_at, which Columns does not declare",
        "Tablestore refuses the table.",
    ),
    "an index has its key the other way round": Mistake(
        "PrimaryKeys: [lane, due_at]",
        "PrimaryKeys: [due_at, lane]",
        "own",
        "index jobs_in_hand does not have the key",
        "Every tick reads all of history, or nothing.",
    ),
    "a table with an index expires": Mistake(
        "      TimeToLive: -1\n      ReservedThroughput: {Read: 0, Write: 0}\n\n  # A handful",
        "      TimeToLive: 864000\n      ReservedThroughput: {Read: 0, Write: 0}\n\n  # A handful",
        "own",
        "needs TimeToLive -1",
        "Tablestore refuses the table.",
    ),
    "a primary key has another name": Mistake(
        "        - {Name: person_key, Type: STRING}\n        - {Name: revision, Type: INTEGER}",
        "        - {Name: person_id, Type: STRING}\n        - {Name: revision, Type: INTEGER}",
        "own",
        "which the client writes",
        "Tablestore refuses every row.",
    ),
    "a key column's type does not exist": Mistake(
        "- {Name: revision, Type: INTEGER}",
        "- {Name: revision, Type: LONG}",
        "classes",
        "type",
        "ROS refuses the stack.",
    ),
    # -- parameters and rules --
    "the instance has a name for all": Mistake(
        "  InstanceName:\n    Type: String\n",
        "  InstanceName:\n    Type: String\n    Default: facechain\n",
        "own",
        "InstanceName: it has a default",
        "The name is unique in the region, so the second account in the world cannot make a stack.",
    ),
    "reserved words in the instance's name are let through": Mistake(
        "'.*(ali|ay|ots|taobao|admin).*'",
        "'.*(ali|ay|taobao|admin).*'",
        "own",
        "'robots' is taken",
        "Tablestore refuses the instance after half of the stack has been made.",
    ),
    "capital letters in the instance's name are let through": Mistake(
        "AllowedPattern: '[a-z][a-z0-9-]{1,14}[a-z0-9]'",
        "AllowedPattern: '[A-Za-z][a-z0-9-]{1,14}[a-z0-9]'",
        "own",
        "'Faces' is taken",
        "Tablestore keeps the name in small letters, and the roles name another one.",
    ),
    "the rule of the region is gone": Mistake(
        "{'Fn::Equals': [{Ref: 'ALIYUN::Region'}, cn-beijing]}",
        "{'Fn::Equals': [{Ref: 'ALIYUN::Region'}, {Ref: 'ALIYUN::Region'}]}",
        "own",
        "a stack outside cn-beijing is not refused",
        "The stack is made where FaceChain is not offered.",
    ),
    "a secret is shown": Mistake(
        "  StatusToken:\n    Type: String\n    NoEcho: true\n",
        "  StatusToken:\n    Type: String\n",
        "own",
        "StatusToken: a secret without NoEcho",
        "Whoever may look at stacks reads the token.",
    ),
    # -- roles --
    "a role may do anything": Mistake(
        "Action: [oss:ListObjects]",
        "Action: ['oss:*']",
        "own",
        "oss:\\* is allowed",
        "A hole in the code becomes the end of the bucket.",
    ),
    "a role may delete rows": Mistake(
        "Action: [ots:BatchWriteRow]",
        "Action: [ots:BatchWriteRow, ots:DeleteRow]",
        "own",
        "ots:DeleteRow is allowed",
        "Nothing in the code deletes rows.",
    ),
    "the public function may delete rows": Mistake(
        "Action: [ots:PutRow]\n                Effect: Allow\n                Resource: [{",
        "Action: [ots:PutRow, ots:DeleteRow]\n                Effect: Allow\n                Resource: [{",
        "own",
        "StatusRole: ots:DeleteRow is allowed",
        "Who takes the function over from the Internet rewrites everybody's trainings.",
    ),
    "a role reaches instances of the same beginning": Mistake(
        "instance/${InstanceName}/table/seen'}]",
        "instance/${InstanceName}*/table/seen'}]",
        "own",
        "only begin or end like",
        "The tables of another stack are writable.",
    ),
    "a role reaches every table of the instance": Mistake(
        "instance/${InstanceName}/table/seen'}]",
        "instance/${InstanceName}/table/*'}]",
        "own",
        "matches tables of others",
        "An instance that is taken over may hold other people's tables.",
    ),
    "the trigger's role reaches functions of the same beginning": Mistake(
        "functions/${AppName}-collect'}",
        "functions/${AppName}-collect*'}",
        "own",
        "only begin or end like",
        "OSS could be made to call a function of another stack.",
    ),
    "another service may take a role": Mistake(
        "Principal: {Service: [oss.aliyuncs.com]}",
        "Principal: {Service: [ecs.aliyuncs.com]}",
        "own",
        "ecs.aliyuncs.com may take the role",
        "OSS cannot call the function, and a virtual machine can.",
    ),
    # -- a role for each function --
    "two functions share a role": Mistake(
        "[CollectRole, Arn]",
        "[ReconcileRole, Arn]",
        "own",
        "collect and reconcile share the role",
        "Whoever finds a hole in the handling of uploads may delete photos.",
    ),
    "failed events go to a queue of others": Mistake(
        "                    - {'Fn::GetAtt': [FailedEvents, QueueName]}\n",
        "                    - others\n",
        "own",
        "failed-events/messages is nothing of this stack",
        "The platform may not send there, and what failed is gone.",
    ),
    # -- alarms --
    "an alarm waits for a line that nobody writes": Mistake(
        """'%{"event": "event_given_up",%'""",
        """'%{"event": "event_gave_up",%'""",
        "own",
        "no line of the functions has the event 'event_gave_up'",
        "It never fires.",
    ),
    "an alarm counts by a field that is not analysed": Mistake(
        "        - {Name: errorType, Type: text, EnableAnalytics: true}\n",
        "",
        "own",
        "does not analyse errorType",
        "The query is refused each time, and the alarm never fires.",
    ),
    "an alarm leads to no section of the runbook": Mistake(
        "${RunbookUrl}#no-good-tick",
        "${RunbookUrl}#no-tick",
        "own",
        "links to no section no-good-tick",
        "Whoever is woken up has to search.",
    ),
    "an alarm tells nobody": Mistake(
        "            ActionPolicyId: {Ref: AlarmActionPolicy}\n",
        "",
        "own",
        "nobody is told",
        "It fires, and nobody hears of it.",
    ),
    "an alarm looks elsewhere": Mistake(
        "              Store: {'Fn::GetAtt': [LogStore, LogstoreName]}\n",
        "              Store: requests\n",
        "own",
        "where no function logs",
        "It never fires.",
    ),
    "an alarm's interval is no property": Mistake(
        "        Schedule: {Type: FixedRate, Interval: 1m}",
        "        Schedule: {Type: FixedRate, Every: 1m}",
        "classes",
        "Every: unknown property",
        "ROS refuses the stack.",
    ),
    # -- VPC and domain --
    "a VPC may be half": Mistake(
        "              - {'Fn::Equals': [{Ref: VSwitchId}, '']}\n",
        "",
        "own",
        "leads to functions that do not work",
        "Function Compute refuses the functions after half of the stack has been made.",
    ),
    "the Internet may be cut off": Mistake(
        "      - Assert: {'Fn::Not': {'Fn::Equals': [{Ref: VpcId}, '']}}\n",
        "      - Assert: {'Fn::Equals': [{Ref: VpcId}, '']}\n",
        "own",
        "leads to functions that do not work",
        "No function reaches DashScope.",
    ),
    "a queue's property is misspelt": Mistake(
        "MessageRetentionPeriod: 604800",
        "RetentionPeriod: 604800",
        "classes",
        "RetentionPeriod: unknown property",
        "ROS refuses the stack.",
    ),
    "the bucket's domain has no bucket": Mistake(
        "      BucketName: {Ref: BucketName}\n      DomainName: {Ref: OssPublicDomain}\n",
        "      DomainName: {Ref: OssPublicDomain}\n",
        "classes",
        "bucket_name",
        "ROS refuses the stack.",
    ),
}
