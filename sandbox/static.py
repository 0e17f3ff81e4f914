"""The page and the contents of files."""

from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from sandbox.files import content_of, may_read
from sandbox.sharing import may_see
from sandbox.world import World

PAGE = Path(__file__).parent / "page"
NO_CACHE = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
# Nothing is fetched from elsewhere and no page may frame this one; texts never become markup, so no style is inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LOGIN = "<!doctype html><title>Sign in</title><p>Sign in to the workspace to see this file.</p>"
CLOSED = "<!doctype html><title>No file</title><p>This file is not there, or you can't see it."


def add_routes(router: web.UrlDispatcher) -> None:
    for path in ("/", "/archives/{rest:.*}", "/app_redirect"):
        router.add_get(path, index)
    router.add_get("/page/{name:.*}", asset)


async def index(_request: web.Request) -> web.StreamResponse:
    response = _file(PAGE / "index.html")
    response.headers.update(PAGE_HEADERS)
    return response


async def asset(request: web.Request) -> web.StreamResponse:
    wanted = (PAGE / request.match_info["name"]).resolve()
    return _file(wanted) if wanted.is_relative_to(PAGE.resolve()) else web.Response(status=404, text="not found")


def _file(path: Path) -> web.StreamResponse:
    return web.FileResponse(path, headers=NO_CACHE) if path.is_file() else web.Response(status=404, text="not found")


async def private_file(world: World, request: web.Request) -> web.StreamResponse:
    """Like Slack, answer a request without a token that may read files with a sign-in page."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    file_id = request.match_info["file"].rpartition("-")[2]
    file = world.workspace.files.get(file_id)
    reader = next((one for one in world.installed if one.app.bot_token == bearer), None)
    allowed = reader and not reader.revoked and file and may_read(reader, file)
    if not allowed and request.headers.get("Sec-Fetch-Site") != "same-origin":
        return web.Response(text=LOGIN, content_type="text/html")
    return _content(world, file_id)


async def permalink(world: World, request: web.Request) -> web.StreamResponse:
    """Opens a file for the person in the cookie `me` or in `?as=`, if they may see it."""
    workspace, query = world.workspace, request.query
    file = workspace.files.get(request.match_info["file"])
    user = workspace.users.get(query.get("as") or request.cookies.get("me", ""))
    if not user:
        return web.Response(text=LOGIN, content_type="text/html")
    if not file or not may_see(file, user.id, workspace.channels, is_guest=user.is_guest):
        return web.Response(text=CLOSED, content_type="text/html", status=404)
    return _content(world, file["id"])


async def shown_file(world: World, request: web.Request) -> web.StreamResponse:
    return _content(world, request.match_info["file"])


def _content(world: World, file_id: str) -> web.Response:
    file = world.workspace.files.get(file_id)
    content = content_of(world, file_id)
    if not file or content is None:
        return web.json_response({"error": f"There is no file {file_id}."}, status=404)
    kind = "inline" if file["mimetype"].startswith("image/") else "attachment"
    disposition = f"{kind}; filename*=UTF-8''{quote(file['name'])}"
    headers = {
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    return web.Response(body=content, content_type=file["mimetype"], headers=headers)
