"""One wrong block or view for each case the shared corpus names, and the makers of sound ones."""


def plain(text):
    return {"type": "plain_text", "text": text}


def option(text="a", value="a", **details):
    return {"text": plain(text), "value": value} | details


def options(count):
    return [option(value=str(number)) for number in range(count)]


def section(**details):
    return {"type": "section"} | details


def button(**details):
    return {"type": "button", "text": plain("x"), "action_id": "a"} | details


def acting(element):
    return {"type": "actions", "elements": [element]}


def asking(element, **details):
    return {"type": "input", "label": plain("x"), "element": element} | details


def confirm(**details):
    return acting(
        button(confirm={"title": plain("x"), "text": plain("x"), "confirm": plain("x"), "deny": plain("x")} | details)
    )


def select(**details):
    return acting({"type": "static_select", "action_id": "a"} | details)


def image(**details):
    return {"type": "image", "alt_text": "x", "image_url": "https://x.y/z.png"} | details


def video(**details):
    urls = {"thumbnail_url": "https://x.y/t.png", "video_url": "https://x.y/v"}
    return {"type": "video", "alt_text": "x", "title": plain("x")} | urls | details


def card(**details):
    return {"type": "card", "title": {"type": "mrkdwn", "text": "x"}} | details


def container(**details):
    return {"type": "container", "title": plain("x"), "child_blocks": [{"type": "divider"}]} | details


def contextual(**details):
    return {"type": "context_actions", "elements": [details]}


def feedback(**details):
    about = {"text": plain("x"), "value": "x"} | details
    return contextual(type="feedback_buttons", positive_button=about, negative_button=about)


def cells(rows, columns, text="x"):
    return [[{"type": "raw_text", "text": text}] * columns] * rows


def table(rows, **details):
    return {"type": "table", "rows": rows} | details


def data(rows, **details):
    return {"type": "data_table", "caption": "x", "rows": rows} | details


def pie(segments):
    return chart({"type": "pie", "segments": segments})


def chart(shape, title="x"):
    return {"type": "data_visualization", "title": title, "chart": shape}


def line(points=None, series=None, categories=("a",), name="x", **axis):
    points = [{"label": "a", "value": 1}] if points is None else points
    series = [{"name": name, "data": points}] if series is None else series
    return chart({"type": "line", "series": series, "axis_config": {"categories": list(categories)} | axis})


def view(**details):
    return {"type": "modal", "title": plain("x"), "blocks": [{"type": "divider"}]} | details


def source(url):
    about = {"task_id": "1", "title": "x", "status": "complete"}
    return {"type": "task_card", **about, "sources": [{"type": "url", "url": url, "text": "x"}]}


LONG = "x" * 20_001
URL = "https://x.y/" + LONG
BLOCKS = {
    "text-empty": section(text=plain("")),
    "text-too-long": section(text=plain(LONG)),
    "button-action-id-too-long": acting(button(action_id=LONG)),
    "button-text-too-long": acting(button(text=plain("x" * 76))),
    "button-url-too-long": acting(button(url=URL)),
    "button-value-too-long": acting(button(value="x" * 2001)),
    "button-accessibility-label-too-long": acting(button(accessibility_label="x" * 76)),
    "confirmation-title-too-long": confirm(title=plain("x" * 101)),
    "confirmation-text-too-long": confirm(text=plain("x" * 301)),
    "confirmation-confirm-too-long": confirm(confirm=plain("x" * 31)),
    "confirmation-deny-too-long": confirm(deny=plain("x" * 31)),
    "option-text-too-long": select(options=[option("x" * 76)]),
    "option-value-too-long": select(options=[option(value="x" * 151)]),
    "option-description-too-long": select(options=[option(description=plain("x" * 76))]),
    "option-url-too-long": acting({"type": "overflow", "action_id": "a", "options": [option(url=URL)]}),
    "option-group-label-too-long": select(option_groups=[{"label": plain("x" * 76), "options": options(1)}]),
    "option-group-empty": select(option_groups=[{"label": plain("x"), "options": []}]),
    "option-group-too-many-options": select(option_groups=[{"label": plain("x"), "options": options(101)}]),
    "select-placeholder-too-long": select(options=options(1), placeholder=plain("x" * 151)),
    "select-too-many-options": select(options=options(101)),
    "select-too-many-option-groups": select(option_groups=[{"label": plain("x"), "options": options(1)}] * 101),
    "static-select-options-and-groups": select(
        options=options(1), option_groups=[{"label": plain("x"), "options": options(1)}]
    ),
    "overflow-empty": acting({"type": "overflow", "action_id": "a", "options": []}),
    "overflow-too-many-options": acting({"type": "overflow", "action_id": "a", "options": options(6)}),
    "checkboxes-empty": acting({"type": "checkboxes", "action_id": "a", "options": []}),
    "checkboxes-too-many-options": acting({"type": "checkboxes", "action_id": "a", "options": options(11)}),
    "radio-buttons-empty": acting({"type": "radio_buttons", "action_id": "a", "options": []}),
    "radio-buttons-too-many-options": acting({"type": "radio_buttons", "action_id": "a", "options": options(11)}),
    "url-source-url-empty": source(""),
    "url-source-url-too-long": source(URL),
    "table-too-many-rows": table(cells(101, 1)),
    "table-ragged-rows": table(cells(1, 1) + cells(1, 2)),
    "table-column-settings-mismatch": table(cells(1, 1), column_settings=[{}, {}]),
    "file-input-max-files-too-small": asking({"type": "file_input", "action_id": "a", "max_files": 0}),
    "file-input-max-files-too-large": asking({"type": "file_input", "action_id": "a", "max_files": 11}),
    "plain-text-input-max-length-too-large": asking({"type": "plain_text_input", "action_id": "a", "max_length": 3001}),
    "number-input-inverted-range": asking(
        {"type": "number_input", "action_id": "a", "is_decimal_allowed": False, "min_value": "2", "max_value": "1"}
    ),
    "actions-too-many-elements": {"type": "actions", "elements": [button(action_id=str(n)) for n in range(26)]},
    "context-too-many-elements": {"type": "context", "elements": [plain("x")] * 11},
    "context-invalid-element": {"type": "context", "elements": [button()]},
    "input-invalid-element": asking(button()),
    "header-text-too-long": {"type": "header", "text": plain("x" * 151)},
    "image-url-too-long": image(image_url=URL),
    "image-alt-text-too-long": image(alt_text="x" * 2001),
    "image-url-and-slack-file": image(slack_file={"id": "F1"}),
    "input-label-too-long": asking({"type": "plain_text_input", "action_id": "a"}, label=plain("x" * 2001)),
    "input-hint-too-long": asking({"type": "plain_text_input", "action_id": "a"}, hint=plain("x" * 2001)),
    "markdown-empty": {"type": "markdown", "text": ""},
    "markdown-too-long": {"type": "markdown", "text": "x" * 12_001},
    "section-text-too-long": section(text=plain("x" * 3001)),
    "section-too-many-fields": section(fields=[plain("x")] * 11),
    "section-field-too-long": section(fields=[plain("x" * 2001)]),
    "section-missing-content": section(),
    "block-id-too-long": {"type": "divider", "block_id": "x" * 256},
    "video-alt-text-empty": video(alt_text=""),
    "video-alt-text-too-long": video(alt_text="x" * 201),
    "video-title-too-long": video(title=plain("x" * 201)),
    "video-author-name-too-long": video(author_name="x" * 51),
    "video-description-too-long": video(description=plain("x" * 201)),
    "video-provider-name-too-long": video(provider_name="x" * 51),
    "alert-text-too-long": {"type": "alert", "text": plain("x" * 201)},
    "card-title-too-long": card(title=plain("x" * 151)),
    "card-subtitle-too-long": card(subtitle=plain("x" * 151)),
    "card-body-too-long": card(body=plain("x" * 201)),
    "card-subtext-too-long": card(subtext=plain("x" * 201)),
    "card-too-many-actions": card(actions=[button(action_id=str(n)) for n in range(4)]),
    "carousel-empty": {"type": "carousel", "elements": []},
    "carousel-too-many-cards": {"type": "carousel", "elements": [card()] * 11},
    "container-title-too-long": container(title=plain("x" * 151)),
    "container-subtitle-too-long": container(subtitle=plain("x" * 151)),
    "container-too-many-child-blocks": container(child_blocks=[{"type": "divider"}] * 11),
    "context-actions-too-many-elements": {
        "type": "context_actions",
        "elements": [
            {"type": "icon_button", "icon": "trash", "text": plain("x"), "action_id": str(n)} for n in range(6)
        ],
    },
    "feedback-button-text-too-long": feedback(text=plain("x" * 76)),
    "feedback-button-value-too-long": feedback(value="x" * 2001),
    "feedback-button-accessibility-label-too-long": feedback(accessibility_label="x" * 76),
    "icon-button-too-many-visible-users": contextual(
        type="icon_button", icon="trash", text=plain("x"), visible_to_user_ids=["U1"] * 11
    ),
    "data-table-too-few-rows": data(cells(1, 1)),
    "data-table-too-many-rows": data(cells(202, 1)),
    "data-table-too-few-columns": data([[], []]),
    "data-table-too-many-columns": data(cells(2, 21)),
    "data-table-page-size-too-small": data(cells(2, 1), page_size=0),
    "data-table-page-size-too-large": data(cells(2, 1), page_size=101),
    "data-table-cell-text-empty": data(cells(2, 1, "")),
    "data-table-content-too-long": data(cells(2, 1, "x" * 10_001)),
    "data-visualization-title-too-long": chart({"type": "pie", "segments": [{"label": "a", "value": 1}]}, "x" * 51),
    "pie-chart-empty": pie([]),
    "pie-chart-too-many-segments": pie([{"label": "a", "value": 1}] * 13),
    "chart-segment-label-too-long": pie([{"label": "x" * 21, "value": 1}]),
    "chart-segment-value-not-positive": pie([{"label": "a", "value": 0}]),
    "chart-series-empty": line(series=[]),
    "chart-too-many-series": line(series=[{"name": "x", "data": [{"label": "a", "value": 1}]}] * 13),
    "data-series-name-too-long": line(name="x" * 21),
    "data-series-empty": line(points=[]),
    "data-series-too-many-points": line(points=[{"label": "a", "value": 1}] * 21),
    "data-point-label-too-long": line(points=[{"label": "x" * 21, "value": 1}], categories=["x" * 20]),
    "axis-categories-empty": line(categories=[]),
    "axis-too-many-categories": line(categories=["a"] * 21),
    "axis-category-label-too-long": line(categories=["a", "x" * 21]),
    "axis-label-too-long": line(x_label="x" * 51),
}
VIEWS = {
    "view-missing-blocks": view(blocks=[]),
    "view-too-many-blocks": view(blocks=[{"type": "divider"}] * 101),
    "view-private-metadata-too-long": view(private_metadata="x" * 3001),
    "view-callback-id-too-long": view(callback_id="x" * 256),
    "view-title-too-long": view(title=plain("x" * 25)),
    "view-close-too-long": view(close=plain("x" * 25)),
    "view-submit-too-long": view(submit=plain("x" * 25)),
}
