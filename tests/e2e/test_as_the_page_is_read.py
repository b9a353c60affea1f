"""What a browser learns of a page from its first bytes and its head is the same with Holdback: letters, mode, date."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.support.holdback_process import Holdback
from tests.support.origin import Origin
from tests.support.recording import Reply

pytestmark = pytest.mark.browser

TEXTS = {
    "utf-8": "Это старая страница. Zażółć gęślą jaźń.",
    "windows-1251": "Это старая страница без объявления кодировки.",
    "windows-1250": "Zażółć gęślą jaźń, stara strona.",
    "shift_jis": "日本語のページです。文字コードの宣言がありません。",
    "euc-kr": "한국어 페이지입니다. 문자 집합 선언이 없습니다.",
    "gb18030": "这是一个没有声明字符集的旧网页的例子。",
    "big5": "這是一個沒有宣告字元集的舊網頁的例子。",
}
LONG = "<style>/*{}*/</style>".format(" a" * 2000)
HEADS = {
    "not named": "<title>x</title>",
    "first": "<meta charset={}><title>x</title>",
    "as a type": '<title>x</title><meta http-equiv=content-type content="text/html; charset={}">',
    "behind the head": "<title>x</title></head><meta charset={}>",
    "in the body": "<title>x</title><div>x</div><meta charset={}>",
    "behind one that nobody knows": "<p><meta charset=no-such><meta charset={}>",
    "late in the head": LONG + "<meta charset={}>",
    "too late in the body": "<p>" + LONG.replace("style", "i") + "<meta charset={}>",
}
READ = "[document.characterSet, document.compatMode, document.querySelector('b').textContent, document.lastModified]"
HTML = ("Content-Type", "text/html")
DATE = ("Last-Modified", "Thu, 01 Jan 2004 10:20:30 GMT")


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("doctype", ["<!doctype html>", ""], ids=["standards", "quirks"])
def test_a_page(proxy: Holdback, origin: Origin, context: BrowserContext, head: str, doctype: str) -> None:
    page = context.new_page()

    def read(base: str) -> dict[str, Any]:
        found = {}
        for encoding in TEXTS:
            page.goto(f"{base}/{encoding}")
            found[encoding] = page.evaluate(READ)
        return found

    for encoding, text in TEXTS.items():
        markup = f"{doctype}<html><head>{head.format(encoding)}<p><b>{text}</b>" + f"<p>{text}" * 9
        origin.pages[f"/{encoding}"] = Reply(markup.encode(encoding), lines=[HTML, DATE])
    assert read(proxy.url) == read(origin.url)
