"""The admin, and a download for people who are signed in."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from .models import Document


@login_required(login_url="/admin/login/")
def download(request: HttpRequest, number: int) -> FileResponse:
    """The file of document *number*."""
    return FileResponse(get_object_or_404(Document, pk=number).file.open(), as_attachment=True)


urlpatterns = [path("admin/", admin.site.urls), path("documents/<int:number>", download)]
