"""What is there for scripts to read: tables as PyTorch's documentation shows them, refusals that say what to write."""

import pytest

import flambeau as torch


def test_table_of_a_graph(capsys):
    torch.fx.symbolic_trace(lambda x: x + 1).graph.print_tabular()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["opcode", "name", "target", "args", "kwargs"]
    assert lines[1].startswith("-------------  ------  ")
    assert lines[2].rstrip() == lines[2] and lines[2].split() == ["placeholder", "x", "x", "()", "{}"]
    assert lines[3].startswith("call_function  add     <built-in function add>  (x, 1)")
    assert lines[4].split() == ["output", "output", "output", "(add,)", "{}"]


def test_table_of_operations(capsys):
    with torch.utils.flop_counter.FlopCounterMode():
        torch.nn.Linear(10, 10)(torch.ones(10, 10))
        torch.ones(10, 10) @ torch.ones(10, 10)
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert table[0] == ["Module", "FLOP", "%", "Total"]
    assert table[2:5] == [["Global", "4000.000", "100.00%"], ["-", "aten.addmm", "2000.000", "50.00%"],
                          ["-", "aten.mm", "2000.000", "50.00%"]]  # fmt: skip
    assert table[5:] == [["Linear", "2000.000", "50.00%"], ["-", "aten.addmm", "2000.000", "50.00%"]]


def test_refusals_say_what_to_write():
    with pytest.raises(RuntimeError, match="load_inline") as refused:
        torch.utils.cpp_extension.load_inline("name", "code")
    assert "custom_op" in refused.value.__notes__[0]
    with pytest.raises(NotImplementedError) as refused:
        torch.export.export(torch.nn.Linear(1, 1), (torch.ones(1),))
    assert "symbolic_trace" in refused.value.__notes__[0]


def test_report_of_the_environment(capsys):
    torch.utils.collect_env.main()
    assert f"PyTorch version: {torch.__version__}" in capsys.readouterr().out
