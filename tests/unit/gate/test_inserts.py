"""What goes into a page of XML keeps its text."""

from xml.etree import ElementTree

import pytest
from holdback.proxy.gate.body.inserts import Insert

CODE = b"a[b[0]]>1;c='<![CDATA[x]]>'.replace(/]]>/g,']]]]><![CDATA[>')&&d"


@pytest.mark.parametrize("code", [b"1", b"a<b&&c", CODE])
def test_a_script_of_xml_has_the_code_as_it_is(code: bytes) -> None:
    head = Insert(b"<script>" + code + b"</script>", b"").as_xml(None).head
    assert (ElementTree.fromstring(head).text or "").split("\n")[1] == code.decode()
