"""Adoption of a log group that AWS has created before the program could."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def adopt_log_group(parent: pulumi.Resource) -> pulumi.ResourceTransform:
    """Return the transform of a log group that imports the group if it exists, instead of creating it.

    A transform runs when the engine registers the resource, so it sees a name that contains the id of a resource of the
    same deployment. The engine ignores the import of a group that is in the stack's state already. It imports a group
    as it is, and then changes its retention, key and tags to those of the program.

    Args:
        parent: The account and region of its provider are searched.
    """

    async def adopt(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        name = await pulumi.Output.from_input(args.props["name"]).future()
        if name is None:
            return None  # a preview, in which the name is not known yet
        options = pulumi.InvokeOutputOptions(parent=parent)
        found = await aws.cloudwatch.get_log_groups_output(log_group_name_prefix=name, opts=options).future()
        if found is None or name not in found.log_group_names:
            return None
        imported = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(import_=name))
        return pulumi.ResourceTransformResult(props=args.props, opts=imported)

    return adopt
