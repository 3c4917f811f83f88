"""Summaries of meshes and clouds of points."""

from __future__ import annotations

import json

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.mesh import metadata
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData

import flambeau as torch

from ._messages import floats


def mesh(tag: str, vertices, colors, faces, config_dict, display_name=None, description=None) -> Summary:
    """A summary of meshes; arguments and errors as of `SummaryWriter.add_mesh`.

    display_name, description: what is shown of it.
    """
    settings = "{}" if config_dict is None else json.dumps(config_dict, sort_keys=True)
    kinds = ((vertices, MeshPluginData.VERTEX), (faces, MeshPluginData.FACE), (colors, MeshPluginData.COLOR))
    parts = [(torch.as_tensor(part), kind) for part, kind in kinds if part is not None]
    components = metadata.get_components_bitmask([kind for _, kind in parts])
    values = []
    for part, kind in parts:
        note = metadata.create_summary_metadata(
            tag, display_name, kind, components, part.shape, description, json_config=settings
        )
        name = metadata.get_instance_name(tag, kind)
        values.append(Summary.Value(tag=name, tensor=floats(part), metadata=note))
    return Summary(value=values)
